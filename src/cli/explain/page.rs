//! An explanation as the life that a page draws.
//!
//! Everything comes from the server's answer: the months as they are told, the rest from the steps. Absent: the drawing.

use std::collections::BTreeSet;

use anyhow::Context;
use krama_documents::picture::{Event, Life, Mark};
use krama_law::answer::{Scheme, Standing};
use krama_law::calendar::{Day, Moment, Month};
use krama_law::decision::MonthState;

use crate::proto::google_type::Date;
use crate::proto::v1;
use crate::proto::v1::{ExplainCoverageResponse, Step};

/// The life that an answer tells.
///
/// # Errors
/// The answer lacks its decision, or says something that this program does not know.
pub(super) fn life(caption: &str, answer: &ExplainCoverageResponse) -> anyhow::Result<Life> {
    let decision = answer.decision.as_ref().context("the server told no decision")?;
    let as_of = decision.as_of.as_ref().context("the server did not tell of which day it speaks")?;
    let on = day(as_of.valid_at.as_ref()).context("the server did not tell of which day it speaks")?;
    let known = as_of.known_at.map_or(on, |known| Moment(known.seconds.saturating_mul(1_000_000)).day());
    let month = |view: &v1::MonthView| Some((view.month.parse::<Month>().ok()?, state(view.state())));
    // The server tells the newest step first.
    let steps: Vec<&Step> = answer.steps.iter().rev().collect();
    Ok(Life {
        caption: caption.to_owned(),
        on,
        known,
        revision: decision.policy_revision.parse().context("the server did not tell by which law")?,
        standing: standing(decision.standing()).context("the member is of a standing this program does not know")?,
        since: day(decision.since.as_ref()),
        months: answer.months.iter().filter_map(month).collect(),
        stretches: stretches(&steps),
        events: steps.iter().filter_map(|step| event(step)).collect(),
        contested: answer.contested.iter().map(|reading| reading.title.clone()).collect(),
    })
}

fn event(step: &Step) -> Option<Event> {
    let (text, citation) = (step.text.clone(), step.citation.clone());
    Some(Event { day: day(step.day.as_ref())?, text, citation, mark: mark(step) })
}

fn mark(step: &Step) -> Mark {
    let value = |name: &str| step.values.get(name);
    match step.clause.as_str() {
        "PAYMENT_ALLOCATED" | "PAYMENT_SUSPENDED" | "PAYMENT_SAVED_UP" => {
            value("amount_riel").and_then(|amount| amount.parse().ok()).map_or(Mark::None, Mark::Paid)
        }
        "MONTH_OVERDUE" => {
            value("overdue_months").and_then(|months| months.parse().ok()).map_or(Mark::None, Mark::Overdue)
        }
        "LAPSED" | "COVER_SUSPENDED" => Mark::Lost,
        "REINSTATED" | "RETURNED_BY_BACK_PAYMENT" | "SUSPENSION_OVER" => Mark::Back,
        _ => Mark::None,
    }
}

/// Employment and covers, day by day, from the steps by which they began and ended.
fn stretches(steps: &[&Step]) -> Vec<(Option<Day>, Standing, Vec<Scheme>)> {
    let (mut employed, mut covers) = (false, BTreeSet::new());
    let mut stretches = vec![(None, Standing::NotEnrolled, Vec::new())];
    for step in steps {
        let scheme = step.values.get("scheme").and_then(|name| scheme(name));
        match (step.clause.as_str(), scheme) {
            ("EMPLOYED" | "REINSTATED", _) => employed = true,
            ("EMPLOYMENT_ENDED" | "BAR_STANDS_AGAIN" | "BAR_LIFTED", _) => employed = false,
            ("COVER_BEGAN", Some(scheme)) => drop(covers.insert(scheme)),
            ("COVER_ENDED", Some(scheme)) => drop(covers.remove(&scheme)),
            _ => continue,
        }
        // Only employment is drawn of a standing.
        let standing = if employed { Standing::Employed } else { Standing::NotEnrolled };
        stretches.push((day(step.day.as_ref()), standing, covers.iter().copied().collect()));
    }
    stretches
}

fn day(wire: Option<&Date>) -> Option<Day> {
    let wire = wire?;
    Day::of(wire.year, u8::try_from(wire.month).ok()?, u8::try_from(wire.day).ok()?)
}

fn scheme(name: &str) -> Option<Scheme> {
    match v1::Scheme::from_str_name(&format!("SCHEME_{name}"))? {
        v1::Scheme::Unspecified => None,
        v1::Scheme::Voluntary => Some(Scheme::Voluntary),
        v1::Scheme::Formal => Some(Scheme::Formal),
        v1::Scheme::RunOff => Some(Scheme::RunOff),
        v1::Scheme::Assistance => Some(Scheme::Assistance),
        v1::Scheme::Dependant => Some(Scheme::Dependant),
    }
}

fn standing(standing: v1::Standing) -> Option<Standing> {
    match standing {
        v1::Standing::Unspecified => None,
        v1::Standing::Closed => Some(Standing::Closed),
        v1::Standing::Employed => Some(Standing::Employed),
        v1::Standing::Abandoned => Some(Standing::Abandoned),
        v1::Standing::NotEnrolled => Some(Standing::NotEnrolled),
        v1::Standing::LapsePending => Some(Standing::LapsePending),
        v1::Standing::InArrears => Some(Standing::InArrears),
        v1::Standing::Current => Some(Standing::Current),
    }
}

fn state(state: v1::MonthState) -> MonthState {
    match state {
        v1::MonthState::Unspecified | v1::MonthState::NotOwed | v1::MonthState::Forgiven => MonthState::NotOwed,
        v1::MonthState::Paid => MonthState::Paid,
        v1::MonthState::NotYetDue => MonthState::Open,
        v1::MonthState::Overdue => MonthState::Overdue,
        v1::MonthState::Exempt => MonthState::Worked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(on: &str, clause: &str, values: &[(&str, &str)]) -> Step {
        let day: Day = on.parse().unwrap();
        let (year, month, number) = day.parts();
        Step {
            day: Some(Date { year, month: i32::from(month), day: i32::from(number) }),
            clause: clause.to_owned(),
            values: values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Step::default()
        }
    }

    #[test]
    fn covers_and_employment_are_told_by_the_steps() {
        let steps = [
            step("2026-01-05", "EMPLOYED", &[]),
            step("2026-03-01", "COVER_BEGAN", &[("scheme", "FORMAL")]),
            step("2026-04-11", "EMPLOYMENT_ENDED", &[]),
            step("2026-04-11", "COVER_ENDED", &[("scheme", "FORMAL")]),
        ];
        let told = stretches(&steps.iter().collect::<Vec<_>>());
        let day = |text: &str| Some(text.parse().unwrap());
        assert_eq!(told[2], (day("2026-03-01"), Standing::Employed, vec![Scheme::Formal]));
        assert_eq!(told[4], (day("2026-04-11"), Standing::NotEnrolled, Vec::new()));
        assert_eq!(mark(&step("2026-04-11", "PAYMENT_ALLOCATED", &[("amount_riel", "15600")])), Mark::Paid(15_600));
        assert_eq!(mark(&step("2026-04-11", "MONTH_OVERDUE", &[("overdue_months", "3")])), Mark::Overdue(3));
    }

    #[test]
    fn an_answer_without_a_decision_is_no_life() {
        assert!(life("", &ExplainCoverageResponse::default()).is_err());
    }
}
