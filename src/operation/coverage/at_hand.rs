//! What is at hand: of whom hospitals asked lately, with what is kept of the standing, so that who is asked about again is
//! not read again.
//!
//! All of it is true of one position, at which a look found the ledger or to which this server brought it. What this server
//! writes takes away whom it touches; what another wrote takes away everything, since whom that touched is not known here.
//! Of a person no more is held than a second fact is compared with. Absent: when a row may be gone by, and reading.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use krama_law::calendar::Moment;

use crate::clock::Stopwatch;
use crate::operation::person::{BirthDate, birth_of, phone_hash};
use crate::store::person::Details;
use crate::store::seal::Vault;
use crate::store::standing::StandingRow;

/// What of a person a second fact is compared with. It has no `Debug`, so that it cannot slip into a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Traits {
    pub(crate) birth: Option<BirthDate>,
    /// The keyed hash of the phone number.
    pub(crate) phone: Option<[u8; 32]>,
}

impl Traits {
    pub(crate) fn of(details: &Details, vault: &Vault) -> Traits {
        let phone = details.phone.as_deref().map(|phone| phone_hash(vault, phone));
        Traits { birth: birth_of(details), phone }
    }
}

/// Somebody who has a number.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) member: i64,
    pub(crate) traits: Traits,
    pub(crate) row: Option<StandingRow>,
}

/// A position, and its known time.
pub(crate) type Place = (i64, i64);

/// What a batch will have touched once it is durable.
#[derive(Debug)]
pub(crate) struct Coming {
    /// The last position before the batch, and the last of the batch with its known time. Where a commit hangs and comes to
    /// nothing, another server can take the same position, but not at the same instant.
    pub(crate) after: i64,
    pub(crate) place: Place,
    /// Whose standing or person is written anew.
    pub(crate) members: Vec<i64>,
    /// Which numbers have one holder more.
    pub(crate) numbers: Vec<[u8; 32]>,
}

/// Holders by their numbers. Two shelves: what is asked for goes to the young one; when that is full it becomes the old
/// one, and what stood there and was not asked for since is gone.
pub(crate) struct AtHand {
    through: Place,
    looked: Option<Look>,
    coming: Option<Coming>,
    shelves: [Shelf; 2],
    /// How many numbers are held at most.
    most: usize,
}

/// The last look that found the ledger at the position of which everything here is true.
#[derive(Clone, Copy)]
struct Look {
    began: Stopwatch,
    /// The instant as known at which it was told.
    known: Moment,
}

#[derive(Default)]
struct Shelf {
    numbers: HashMap<[u8; 32], Vec<i64>>,
    members: HashMap<i64, Arc<Holder>>,
}

impl Shelf {
    fn get(&self, number: &[u8; 32]) -> Option<Vec<Arc<Holder>>> {
        self.numbers.get(number)?.iter().map(|member| self.members.get(member).cloned()).collect()
    }
}

impl AtHand {
    /// Nothing, as of a position.
    pub(crate) fn new(through: Place, most: usize) -> AtHand {
        AtHand { through, looked: None, coming: None, shelves: [Shelf::default(), Shelf::default()], most }
    }

    /// The position of which all that is held is true.
    pub(crate) fn through(&self) -> Place {
        self.through
    }

    /// Is told what is about to be made durable; a reader may see it before the writer hears of it.
    pub(crate) fn expect(&mut self, coming: Coming) {
        self.coming = Some(coming);
    }

    /// Nothing is about to be made durable any more.
    pub(crate) fn expect_nothing(&mut self) {
        self.coming = None;
    }

    /// The ledger was seen to stand at a position.
    pub(crate) fn reach(&mut self, place: Place) {
        if place.0 <= self.through.0 {
            return;
        }
        let own = self.coming.as_ref().filter(|own| own.after == self.through.0 && own.place == place);
        for shelf in &mut self.shelves {
            if let Some(own) = own {
                own.members.iter().for_each(|member| drop(shelf.members.remove(member)));
                own.numbers.iter().for_each(|number| drop(shelf.numbers.remove(number)));
            } else {
                *shelf = Shelf::default();
            }
        }
        self.through = place;
    }

    /// A look that began then found the ledger at a position, and is told as known at an instant.
    pub(crate) fn found(&mut self, place: Place, began: Stopwatch, known: Moment) {
        self.reach(place);
        if place == self.through && self.looked.is_none_or(|last| last.began < began) {
            self.looked = Some(Look { began, known });
        }
    }

    /// The instant as known at which what is held may be told, if the last look is no older than an age. What this server
    /// wrote since then is in it.
    pub(crate) fn known_lately(&self, age: Duration) -> Option<Moment> {
        let look = self.looked.filter(|look| look.began.seconds() < age.as_secs_f64())?;
        Some(look.known.max(Moment(self.through.1)))
    }

    /// Who has a number, if that is held.
    pub(crate) fn get(&mut self, number: &[u8; 32]) -> Option<Vec<Arc<Holder>>> {
        let [young, old] = &self.shelves;
        if let Some(found) = young.get(number) {
            return Some(found);
        }
        let found = old.get(number)?;
        self.put(*number, found.clone());
        Some(found)
    }

    /// Takes in who has a number, as read at the position of which everything here is true. That nobody has it is not
    /// held, or whoever makes up numbers could push everybody else out.
    pub(crate) fn put(&mut self, number: [u8; 32], holders: Vec<Arc<Holder>>) {
        if holders.is_empty() || self.most < 2 {
            return;
        }
        let [young, old] = &mut self.shelves;
        if young.numbers.len() >= self.most / 2 {
            *old = std::mem::take(young);
        }
        young.numbers.insert(number, holders.iter().map(|holder| holder.member).collect());
        young.members.extend(holders.into_iter().map(|holder| (holder.member, holder)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(member: i64) -> Vec<Arc<Holder>> {
        let traits = Traits { birth: None, phone: None };
        vec![Arc::new(Holder { member, traits, row: None })]
    }

    fn number(of: u8) -> [u8; 32] {
        [of; 32]
    }

    fn coming(after: i64, position: i64, members: &[i64], numbers: &[[u8; 32]]) -> Coming {
        let place = (position, 10 * position);
        Coming { after, place, members: members.to_vec(), numbers: numbers.to_vec() }
    }

    /// Members 1 to 4 under their numbers, as of position 10.
    fn four() -> AtHand {
        let mut at_hand = AtHand::new((10, 100), 100);
        (1..=4).for_each(|of| at_hand.put(number(of), holder(of.into())));
        at_hand
    }

    fn held(at_hand: &mut AtHand) -> Vec<u8> {
        (1..=4).filter(|of| at_hand.get(&number(*of)).is_some()).collect()
    }

    #[test]
    fn what_this_server_writes_takes_away_whom_it_touches_whoever_sees_it_first() {
        let mut at_hand = four();
        at_hand.expect(coming(10, 12, &[2], &[number(3)]));
        assert_eq!((held(&mut at_hand), at_hand.through()), (vec![1, 2, 3, 4], (10, 100)));
        at_hand.reach((12, 120));
        assert_eq!((held(&mut at_hand), at_hand.through()), (vec![1, 4], (12, 120)));
        at_hand.expect_nothing();
        at_hand.reach((12, 120));
        at_hand.reach((11, 110));
        assert_eq!((held(&mut at_hand), at_hand.through()), (vec![1, 4], (12, 120)));
    }

    #[test]
    fn what_another_wrote_takes_away_everything() {
        for (expected, reached) in [
            (None, (11, 110)),
            // Another wrote before, in place of or after what was expected.
            (Some(coming(11, 12, &[2], &[])), (12, 120)),
            (Some(coming(10, 12, &[2], &[])), (11, 110)),
            (Some(coming(10, 12, &[2], &[])), (12, 121)),
            (Some(coming(10, 12, &[2], &[])), (13, 130)),
        ] {
            let mut at_hand = four();
            at_hand.coming = expected;
            at_hand.reach(reached);
            assert_eq!((held(&mut at_hand), at_hand.through()), (vec![], reached));
        }
    }

    #[test]
    fn what_is_held_is_told_as_known_at_the_last_look_or_this_servers_own_last_command() {
        let (hour, mut at_hand) = (Duration::from_secs(3_600), four());
        assert_eq!(at_hand.known_lately(hour), None, "nobody has looked");
        let [earlier, began] = [Stopwatch::start(), Stopwatch::start()];
        at_hand.found((10, 100), began, Moment(150));
        assert_eq!(at_hand.known_lately(hour), Some(Moment(150)));
        assert_eq!(at_hand.known_lately(Duration::ZERO), None, "it is too old");
        at_hand.expect(coming(10, 12, &[], &[]));
        at_hand.reach((12, 160));
        assert_eq!(at_hand.known_lately(hour), Some(Moment(160)));
        // A look that found the ledger further back, or began before the last, says nothing new.
        at_hand.found((10, 100), Stopwatch::start(), Moment(170));
        at_hand.found((12, 160), earlier, Moment(155));
        assert_eq!((at_hand.through(), at_hand.known_lately(hour)), ((12, 160), Some(Moment(160))));
        at_hand.found((12, 160), Stopwatch::start(), Moment(180));
        assert_eq!(at_hand.known_lately(hour), Some(Moment(180)));
    }

    #[test]
    fn no_more_is_held_than_the_bound_and_who_is_asked_for_stays() {
        let mut at_hand = AtHand::new((10, 100), 4);
        for of in 1..=20 {
            at_hand.put(number(of), holder(of.into()));
            assert!(at_hand.get(&number(1)).is_some(), "{of}");
            assert!(at_hand.shelves.iter().map(|shelf| shelf.numbers.len()).sum::<usize>() <= 4);
            assert!(at_hand.shelves.iter().map(|shelf| shelf.members.len()).sum::<usize>() <= 4);
        }
        assert!(at_hand.get(&number(10)).is_none());
        at_hand.put(number(30), vec![]);
        assert!(at_hand.get(&number(30)).is_none(), "that nobody has a number is not held");
        let mut none = AtHand::new((10, 100), 0);
        none.put(number(1), holder(1));
        assert!(none.get(&number(1)).is_none());
    }
}
