//! Simulation: what a proposed text of the law would change for everybody on a day.
//!
//! The one kernel decides about every member twice, under the law as it stands and with the text added. Members are gone
//! through page by page, each page in a state of its own, so neither the writer nor any transaction waits for it; since all
//! is decided as known at the instant at which the simulation began, what is recorded meanwhile changes nothing of it.
//! Memory holds one page and the counts. Absent: the publishing.

use std::collections::{BTreeMap, BTreeSet};

use krama_law::answer::{Answer, DoorKind, Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::decision::{decide, doors};
use krama_law::money::Riel;
use krama_law::policy::Law;
use krama_law::timeline::Timeline;
use tokio::sync::OwnedSemaphorePermit;

use crate::operation::Desk;
use crate::operation::failure::{Failure, Refusal};
use crate::operation::page::Needs;
use crate::operation::policy::Which;
use crate::operation::policy::statute::State;
use crate::operation::reading::{AtLeast, Reading};
use crate::store::{person, standing};

/// What is simulated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Supposed {
    /// A document, as it would be proposed.
    Document(String),
    /// A proposal that waits.
    Proposal(i64),
}

/// A simulation that is under way.
#[derive(Debug)]
pub struct Simulation {
    /// The first day of the supposed revision; none where a reading is supposed.
    pub effective: Option<Day>,
    /// The day about which everybody is asked.
    pub day: Day,
    /// Members who were registered when it began.
    pub members: u64,
    /// What was counted so far.
    pub counted: Counts,
    laws: [Law; 2],
    known: Moment,
    /// The last position that counts, and the one up to which members were decided about.
    through: i64,
    reached: i64,
    /// Its turn among those that may run at the same time.
    _turn: OwnedSemaphorePermit,
}

/// What a simulation counts; each pair tells the law as it stands first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// Members who were decided about.
    pub members: u64,
    /// How many stand so under the law as it stands, and so under the supposed one.
    pub moves: BTreeMap<(Standing, Standing), u64>,
    /// Members with any cover.
    pub covered: [u64; 2],
    /// Members who have a cover only under the supposed law.
    pub gained: u64,
    /// Members who have a cover only under the law as it stands.
    pub lost: u64,
    /// Members whom a scheme covers.
    pub schemes: BTreeMap<Scheme, [u64; 2]>,
    /// The ways back.
    pub doors: BTreeMap<DoorKind, [Doors; 2]>,
}

/// How often a way back is open.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Doors {
    /// To how many members.
    pub members: u64,
    /// What they would pay, all together.
    pub price: Riel,
}

impl Counts {
    fn add(&mut self, timeline: &Timeline, laws: &[Law; 2], day: Day, known: Moment) {
        let answers = [0, 1].map(|which| decide(timeline, &laws[which], day, known));
        self.members += 1;
        *self.moves.entry((answers[0].standing, answers[1].standing)).or_default() += 1;
        let [before, after] = [0, 1].map(|which: usize| !answers[which].covers.is_empty());
        self.gained += u64::from(after && !before);
        self.lost += u64::from(before && !after);
        for (which, answer) in answers.iter().enumerate() {
            self.covered[which] += u64::from(!answer.covers.is_empty());
            for cover in &answer.covers {
                self.schemes.entry(cover.scheme).or_default()[which] += 1;
            }
            let open = if may_be_out(answer) { doors(timeline, &laws[which], day, known) } else { Vec::new() };
            for door in open {
                let counted = &mut self.doors.entry(door.kind).or_default()[which];
                counted.members += 1;
                counted.price += door.price.unwrap_or(0);
            }
        }
    }

    /// Where anybody stands, under either law.
    pub fn standings(&self) -> BTreeSet<Standing> {
        self.moves.keys().flat_map(|(before, after)| [*before, *after]).collect()
    }

    /// How many members stand so, under the law as it stands and under the supposed one.
    pub fn standing(&self, standing: Standing) -> [u64; 2] {
        let count = |is: fn(&(Standing, Standing)) -> Standing| {
            self.moves.iter().filter(|(pair, _)| is(pair) == standing).map(|(_, members)| members).sum()
        };
        [count(|pair| pair.0), count(|pair| pair.1)]
    }
}

/// Whether a way back is to be looked for: for the lapsed, also while employed, and for the suspended, who are in arrears.
fn may_be_out(answer: &Answer) -> bool {
    match answer.standing {
        Standing::Employed | Standing::Abandoned | Standing::LapsePending | Standing::InArrears => true,
        Standing::Closed | Standing::NotEnrolled | Standing::Current => false,
    }
}

impl Desk {
    /// Begins a simulation; the day is the first of the supposed revision, or today if that has passed, unless another is
    /// given.
    ///
    /// # Errors
    /// The text cannot be used, the proposal is decided, the day has passed, or too many others are under way.
    pub async fn simulation(
        &self,
        supposed: &Supposed,
        as_of: Option<Day>,
        at_least: Option<AtLeast>,
    ) -> Result<Reading<Simulation>, Failure> {
        let snapshot = self.snapshot(at_least.as_ref()).await?;
        let (statute, today) = (&snapshot.statute, snapshot.today());
        let (matter, field) = match supposed {
            Supposed::Document(document) => {
                let matter = statute.resolved(document, snapshot.known).map_err(|faults| {
                    let faults = faults.iter().map(ToString::to_string).collect();
                    Refusal::PolicyUnsound { field: "document", faults }
                })?;
                (matter, "document")
            }
            Supposed::Proposal(id) => {
                let found = statute.proposals(snapshot.position).find(|one| one.id() == *id);
                let found = found.ok_or(Refusal::PolicyNotFound { policy: Which::Proposal(*id) })?;
                match found.state {
                    State::Open => (found.matter, "proposal_id"),
                    State::Approved | State::Withdrawn => {
                        let state = found.state.name();
                        return Err(Refusal::PolicyProposalClosed { proposal: *id, state }.into());
                    }
                }
            }
        };
        statute.refuses(&matter, today, field)?;
        let effective = matter.effective();
        let day = as_of.or(effective).map_or(today, |day| if as_of.is_some() { day } else { day.max(today) });
        if day < today {
            return Err(Refusal::DayInPast { field: "as_of", day, earliest: today }.into());
        }
        let turn = self.simulations.clone().try_acquire_owned().map_err(|_| Failure::Busy)?;
        let (_, registered) = standing::counts(&snapshot.read).await?;
        Ok(snapshot.with(Simulation {
            effective,
            day,
            members: u64::try_from(registered).unwrap_or(0),
            counted: Counts::default(),
            laws: [statute.law.clone(), statute.supposing(matter, snapshot.known)?],
            known: snapshot.known,
            through: snapshot.position,
            reached: i64::MIN,
            _turn: turn,
        }))
    }

    /// Goes on with a simulation for some members; tells whether there are more.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn simulate(&self, simulation: &mut Simulation) -> Result<bool, Failure> {
        let snapshot = self.snapshot(None).await?;
        let most = u64::try_from(self.limits.simulation_members).unwrap_or(u64::MAX);
        let found = person::page_members(&snapshot.read, simulation.reached, most).await?;
        let before = found.len();
        let found: Vec<(i64, i64)> =
            found.into_iter().filter(|(_, registered)| *registered <= simulation.through).collect();
        let lives: Vec<i64> = found.iter().map(|(member, _)| *member).collect();
        let page = self.page(&snapshot, Needs { lives: lives.clone(), ..Needs::default() }).await?;
        drop(snapshot);
        for member in lives {
            let (day, known) = (simulation.day, simulation.known);
            simulation.counted.add(&page.timeline(member), &simulation.laws, day, known);
            // A page is many milliseconds of work, and others wait for their turn.
            tokio::task::yield_now().await;
        }
        simulation.reached = found.last().map_or(simulation.reached, |(_, registered)| *registered);
        Ok(!found.is_empty() && found.len() == before)
    }
}
