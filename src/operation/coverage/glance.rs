//! A glance shared: all questions that wait are answered from one look at the ledger, as all commands that wait share one
//! commit.
//!
//! A look begins after the questions that it answers were asked, so whatever was acknowledged before a question, by
//! whichever server, is seen by it; what many ask costs little more than what one does. Who is at hand is answered without
//! a look while the last one is no older than the configuration allows: as of its position, with all that this server
//! acknowledged since. Absent: the answers.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, MutexGuard, PoisonError, Weak};

use krama_law::calendar::Moment;
use tokio::sync::{mpsc, oneshot};

use crate::clock::Stopwatch;
use crate::operation::Desk;
use crate::operation::coverage::at_hand::{AtHand, Holder, Place, Traits};
use crate::operation::failure::Failure;
use crate::store::standing::glance::{Holders, glance};

/// A number that is asked about, by its keyed hash, and where the answer goes.
pub(crate) struct Question {
    number: [u8; 32],
    answer: oneshot::Sender<Result<Seen, Failure>>,
}

/// Who has a number, and at which position that is so.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) position: i64,
    /// The instant as known at which this may be told: now.
    pub(crate) known: Moment,
    pub(crate) holders: Vec<Arc<Holder>>,
}

/// Answers questions until the desk is gone, one group after the other. A look that takes long, since the database does not
/// answer, holds up nobody but those who share it.
pub(crate) async fn answer(desk: Weak<Desk>, mut questions: mpsc::Receiver<Question>) {
    while let Some(first) = questions.recv().await {
        let Some(desk) = desk.upgrade() else { return };
        let mut group = vec![first];
        while group.len() < desk.limits.glance_questions
            && let Ok(next) = questions.try_recv()
        {
            group.push(next);
        }
        let patience = desk.limits.glance_patience;
        let answered = tokio::spawn(answer_group(desk, group));
        // Whether it is answered by then or later, those who asked hear of it themselves.
        drop(tokio::time::timeout(patience, answered).await);
    }
}

async fn answer_group(desk: Arc<Desk>, group: Vec<Question>) {
    let numbers: HashSet<[u8; 32]> = group.iter().map(|question| question.number).collect();
    let seen = desk.look(numbers.into_iter().collect()).await;
    for Question { number, answer } in group {
        let found = seen.as_ref().map_err(Failure::clone);
        // Who asked may have gone.
        let _ = answer.send(found.and_then(|seen| seen.get(&number).cloned().ok_or(Failure::Stopping)));
    }
}

impl Desk {
    /// Who has a number, as of a position that is wanted or a later one: by the last look if that is young enough and
    /// whoever has it is at hand, otherwise by a new one.
    pub(crate) async fn glance(&self, number: [u8; 32], wanted: Option<i64>) -> Result<Seen, Failure> {
        if let Some(seen) = self.seen_lately(&number, wanted) {
            return Ok(seen);
        }
        let (answer, seen) = oneshot::channel();
        self.questions.send(Question { number, answer }).await.map_err(|_| Failure::Stopping)?;
        seen.await.unwrap_or(Err(Failure::Stopping))
    }

    fn seen_lately(&self, number: &[u8; 32], wanted: Option<i64>) -> Option<Seen> {
        let mut at_hand = self.at_hand();
        let known = at_hand.known_lately(self.limits.glance_age)?;
        let (position, _) = at_hand.through();
        // A look from before midnight does not answer about today.
        if known.day() != self.today() || wanted.is_some_and(|wanted| position < wanted) {
            return None;
        }
        Some(Seen { position, known, holders: at_hand.get(number)? })
    }

    pub(crate) fn at_hand(&self) -> MutexGuard<'_, AtHand> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who has each of these numbers: who is at hand by that, the others by what is read.
    async fn look(&self, mut numbers: Vec<[u8; 32]>) -> Result<HashMap<[u8; 32], Seen>, Failure> {
        let mut seen = HashMap::with_capacity(numbers.len());
        let mut anew = false;
        while !numbers.is_empty() {
            let began = Stopwatch::start();
            let now = self.instant().await?;
            let to_read: Vec<[u8; 32]> = {
                let mut at_hand = self.at_hand();
                numbers.iter().copied().filter(|number| anew || at_hand.get(number).is_none()).collect()
            };
            let found = glance(&self.store, &to_read).await?;
            self.read_law_through(found.last.0).await?;
            let mut read = HashMap::with_capacity(to_read.len());
            for (number, holders) in found.holders {
                read.insert(number, self.opened(holders)?);
            }
            let told = |(position, last_known): Place, holders| {
                let known = now.max(Moment(last_known));
                Seen { position, known, holders }
            };
            let mut at_hand = self.at_hand();
            at_hand.found(found.last, began, now.max(Moment(found.last.1)));
            for number in to_read {
                let holders = read.remove(&number).unwrap_or_default();
                if at_hand.through() == found.last {
                    at_hand.put(number, holders.clone());
                }
                seen.insert(number, told(found.last, holders));
            }
            numbers.retain(|number| !seen.contains_key(number));
            // What is at hand is of this position now, or of a later one of this server's own.
            let through = at_hand.through();
            numbers.retain(|number| {
                let held = at_hand.get(number);
                let is_held = held.is_some();
                seen.extend(held.map(|holders| (*number, told(through, holders))));
                !is_held
            });
            // Who was touched meanwhile is not at hand any more, and is read.
            anew = true;
        }
        Ok(seen)
    }

    /// The people and rows behind a number, as far as they are needed.
    fn opened(&self, holders: Holders) -> Result<Vec<Arc<Holder>>, Failure> {
        let vault = self.store.vault();
        let opened = holders.into_iter().map(|(person, row)| {
            let traits = Traits::of(&person.open(vault)?, vault);
            Ok(Arc::new(Holder { member: person.member, traits, row }))
        });
        opened.collect()
    }
}
