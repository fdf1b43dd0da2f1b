//! What is said about the law: texts that are proposed, approved and withdrawn.

use krama::proto::v1;
use krama::proto::v1::ProposalState;
use krama_law::calendar::Day;

use crate::workload::command::Command;
use crate::workload::model::Proposed;
use crate::workload::plan::Planner;

/// Names of readings, of which one is published with the law.
const READINGS: [&str; 4] = ["elapsed", "late", "later", "latest"];

/// A revision that says otherwise what becomes of those who do not pay.
fn revision(begins: Day, retroactive: bool, lapse: &[(&str, String)]) -> String {
    let retroactive = if retroactive { "retroactive = true\n" } else { "" };
    let settings: String = lapse.iter().map(|(field, value)| format!("{field} = {value}\n")).collect();
    let fields: String = lapse.iter().map(|(field, _)| format!("\"voluntary.lapse.{field}\", ")).collect();
    format!(
        "law = \"kh\"\neffective = \"{begins}\"\ntitle = \"Thought of at random\"\n{retroactive}based_on = \"kh\"\n\n\
         [voluntary.lapse]\n{settings}\n\
         [transition]\ngaps = \"count\"\nbars = \"stand\"\n\n\
         [[source]]\nfields = [{fields}\"transition.gaps\", \"transition.bars\"]\nassumption = \"A test.\"\n"
    )
}

/// A reading of a field that no revision here says otherwise.
fn reading(name: &str) -> String {
    format!(
        "reading = \"{name}\"\ntitle = \"Paid late\"\n\n[voluntary]\ndue_day = 20\n\n\
         [[source]]\nfield = \"voluntary.due_day\"\nassumption = \"A test.\"\n"
    )
}

fn proposal(document: String) -> v1::ProposePolicyRequest {
    v1::ProposePolicyRequest { document, ..Default::default() }
}

/// The approval of what was proposed.
pub(super) fn approval_of(proposed: &Proposed) -> Command {
    Command::Approve(v1::ApprovePolicyRequest {
        proposal_id: proposed.id.clone(),
        digest: proposed.digest.clone(),
        case_reference: "gazette-12".to_owned(),
        legal_basis: "Sub-Decree 12 of 2026".to_owned(),
        ..Default::default()
    })
}

impl Planner<'_> {
    /// The law of a ledger on which lapses wait for a person, and soon.
    pub(super) fn founding(&self) -> v1::ProposePolicyRequest {
        let lapse = [("conditions", "[{ consecutive = 0 }]".to_owned()), ("confirmation", "true".to_owned())];
        proposal(revision(self.model.today, false, &lapse))
    }

    /// A first day: mostly one that comes, now and then one that has passed, or that is taken.
    fn first_day(&mut self) -> Day {
        let days = i32::try_from(self.chance.below(25)).expect("a small number");
        match self.chance.below(8) {
            0 => self.model.today.plus(-1 - days),
            1 | 2 => {
                let taken: Vec<Day> = self.model.law.revisions().iter().map(|one| one.revision.effective).collect();
                self.pick(&taken).expect("a revision")
            }
            _ => self.model.today.plus(days),
        }
    }

    /// A text of the law. What it says the law may say already, which is no change and unsound.
    fn document(&mut self) -> String {
        if self.one_in(5) {
            let name = self.pick(&READINGS).expect("a name");
            return reading(name);
        }
        let begins = self.first_day();
        // Mostly a law under which lapses come soon and wait for a person.
        let number = self.chance.below(4).min(self.chance.below(4));
        let lapse = match self.chance.below(12) {
            0 => ("confirmation", "false".to_owned()),
            1..4 => ("confirmation", "true".to_owned()),
            4 => ("notice_days", (5 * (1 + number)).to_string()),
            5 => ("notice_days", "\"none\"".to_owned()),
            _ => ("conditions", format!("[{{ consecutive = {number} }}]")),
        };
        let document = revision(begins, self.one_in(4), &[lapse]);
        if self.one_in(12) { document.replace("law = \"kh\"", "law = \"th\"") } else { document }
    }

    pub(super) fn proposal(&mut self) -> Command {
        let document = self.document();
        Command::Propose(proposal(document))
    }

    /// A proposal, mostly one that is open; none where another should be made first.
    fn proposed(&mut self) -> Option<Proposed> {
        let all = &self.model.proposals;
        let open: Vec<Proposed> = all.iter().filter(|one| one.state == ProposalState::Open).cloned().collect();
        if self.one_in(6) { self.pick(all) } else { self.pick(&open) }
    }

    pub(super) fn approval(&mut self) -> Command {
        let Some(mut proposed) = self.proposed() else { return self.proposal() };
        if self.one_in(5) {
            proposed.digest = "0".repeat(64);
        }
        if self.one_in(15) {
            proposed.id = self.member();
        }
        approval_of(&proposed)
    }

    pub(super) fn withdrawal(&mut self) -> Command {
        let Some(proposed) = self.proposed() else { return self.proposal() };
        let proposal_id = if self.one_in(8) { self.member() } else { proposed.id };
        Command::Withdraw(v1::WithdrawProposalRequest {
            proposal_id,
            case_reference: "gazette-12".to_owned(),
            reason: "not now".to_owned(),
            ..Default::default()
        })
    }
}
