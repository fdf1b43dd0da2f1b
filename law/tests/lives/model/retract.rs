//! What was entered by mistake: which facts still stand after all retractions that are known.
//!
//! Employments are not looked at here: they are corrected in the order of the ledger, in `jobs`.

use krama_law::calendar::Moment;
use krama_law::fact::{Fact, FactId, Recorded};

/// A retraction and the fact that it names.
#[derive(Clone, Copy)]
pub(super) struct Retraction<'a> {
    /// Where it stands in the ledger.
    pub(super) position: usize,
    pub(super) id: FactId,
    pub(super) known: Moment,
    pub(super) named: &'a Recorded,
}

/// The retractions among facts in the order of the ledger. One that names no fact known before it is none, and of
/// several that name one fact the first is the one that counts.
pub(super) fn retractions<'a>(facts: &[&'a Recorded]) -> Vec<Retraction<'a>> {
    let mut found: Vec<Retraction<'a>> = Vec::new();
    for (position, recorded) in facts.iter().enumerate() {
        let Fact::Retracted { fact } = recorded.fact else { continue };
        let Some(&named) = facts[..position].iter().find(|earlier| earlier.id == fact) else { continue };
        if found.iter().all(|retraction| retraction.named.id != fact) {
            found.push(Retraction { position, id: recorded.id, known: recorded.known, named });
        }
    }
    found
}

/// Whether a fact that is retracted is simply left out, as if it had never been.
pub(super) fn is_left_out(fact: &Fact) -> bool {
    match fact {
        Fact::Enrolled { .. }
        | Fact::Excused { .. }
        | Fact::Certificate { .. }
        | Fact::NoticeServed { .. }
        | Fact::LapseConfirmed { .. }
        | Fact::LapseWaived { .. }
        | Fact::Died { .. }
        | Fact::Refunded { .. }
        | Fact::EmployerMonth { .. }
        | Fact::Household { .. }
        | Fact::Born { .. } => true,
        Fact::Payment { .. }
        | Fact::Hired { .. }
        | Fact::Separated { .. }
        | Fact::Amended { .. }
        | Fact::EmploymentRetracted { .. }
        | Fact::Reversed { .. }
        | Fact::Retracted { .. } => false,
    }
}

/// The facts without those that are left out, in the same order.
pub(super) fn standing<'a>(facts: &[&'a Recorded]) -> Vec<&'a Recorded> {
    let retracted = retractions(facts);
    let out =
        |fact: &Recorded| is_left_out(&fact.fact) && retracted.iter().any(|retraction| retraction.named.id == fact.id);
    facts.iter().copied().filter(|fact| !out(fact)).collect()
}
