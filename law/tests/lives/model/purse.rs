//! Where every riel lies: a list of placements in the order in which they were made.
//!
//! A payment's own money is known by the payment. Money that was added up in a pot and then placed together is one
//! sum of which each payment has a share, but no places of its own.

use krama_law::calendar::{Day, Month};
use krama_law::fact::FactId;
use krama_law::money::Riel;

/// Whose money it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Payment(FactId),
    /// The money of the pot that was emptied at the time of this number.
    Emptied(usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Month(Month),
    Credit,
    Suspense,
    Pot,
    Surcharge,
}

#[derive(Clone, Copy, Debug)]
struct Placement {
    owner: Owner,
    place: Place,
    amount: Riel,
    /// The day on which it came to lie there.
    on: Day,
}

/// All money received for a member.
#[derive(Clone, Debug, Default)]
pub(super) struct Purse {
    placements: Vec<Placement>,
    /// Of payments that came to nothing.
    pub(super) reversed: Riel,
    /// Which payments, with how much, were in each pot when it was emptied.
    emptied: Vec<Vec<(FactId, Riel)>>,
    /// Every payment that counted when it came, with its whole amount.
    received: Vec<(FactId, Riel)>,
    /// What was paid back of which payment.
    refunds: Vec<(FactId, Riel)>,
}

impl Purse {
    pub(super) fn put(&mut self, owner: Owner, place: Place, amount: Riel, on: Day) {
        if amount > 0 {
            self.placements.push(Placement { owner, place, amount, on });
        }
    }

    /// Notes that a payment came, before it is put anywhere.
    pub(super) fn receive(&mut self, payment: FactId, amount: Riel) {
        self.received.push((payment, amount));
    }

    /// Takes all money out of the pot, to be placed anew under the returned owner.
    pub(super) fn empty_pot(&mut self) -> (Owner, Riel) {
        let mut shares = Vec::new();
        self.placements.retain(|placement| {
            if let (Place::Pot, Owner::Payment(payment)) = (placement.place, placement.owner) {
                shares.push((payment, placement.amount));
            }
            placement.place != Place::Pot
        });
        let total = shares.iter().map(|(_, amount)| amount).sum();
        self.emptied.push(shares);
        (Owner::Emptied(self.emptied.len() - 1), total)
    }

    /// What each payment has in the pot, the oldest first.
    pub(super) fn payments_in_pot(&self) -> Vec<Riel> {
        let in_pot = self.placements.iter().filter(|placement| placement.place == Place::Pot);
        in_pot.map(|placement| placement.amount).collect()
    }

    pub(super) fn credit_oldest_in_pot(&mut self) {
        if let Some(oldest) = self.placements.iter_mut().find(|placement| placement.place == Place::Pot) {
            oldest.place = Place::Credit;
        }
    }

    /// Section 5, step 3: takes a payment's amount off where it lies; of money added up for a door back, what was
    /// placed last goes first. Returns what was taken off which month.
    pub(super) fn take_off(&mut self, payment: FactId) -> Vec<(Month, Riel)> {
        let mut owner = Owner::Payment(payment);
        let mut left = Riel::MAX;
        for (number, shares) in self.emptied.iter_mut().enumerate() {
            if let Some(position) = shares.iter().position(|&(id, _)| id == payment) {
                // The share is gone with this, so that a second reversal of the payment finds nothing.
                left = shares.remove(position).1;
                owner = Owner::Emptied(number);
            }
        }
        let (taken, months) = self.take(owner, left, |_| true);
        self.reversed += taken;
        months
    }

    /// Takes an amount, or as much of it as is there, of an owner's money from some places, what was placed last first.
    /// Returns how much was taken, and of which month.
    fn take(&mut self, owner: Owner, amount: Riel, from: impl Fn(Place) -> bool) -> (Riel, Vec<(Month, Riel)>) {
        let mut left = amount;
        let mut months = Vec::new();
        for placement in self.placements.iter_mut().rev() {
            if placement.owner != owner || !from(placement.place) {
                continue;
            }
            let taken = placement.amount.min(left);
            placement.amount -= taken;
            left -= taken;
            if let Place::Month(month) = placement.place
                && taken > 0
            {
                months.push((month, taken));
            }
        }
        self.placements.retain(|placement| placement.amount > 0);
        (amount - left, months)
    }

    /// Pays back some of a payment: from credit, then suspense, then the pot, then months, and the surcharge of a
    /// return last. Returns what was taken off which month.
    pub(super) fn refund(&mut self, payment: FactId, amount: Riel) -> Vec<(Month, Riel)> {
        let before: Riel = self.refunds.iter().filter(|(id, _)| *id == payment).map(|(_, amount)| amount).sum();
        let received = self.received.iter().find(|(id, _)| *id == payment).map_or(0, |(_, amount)| *amount);
        let mut left = amount.min(received - before);
        let pool = self.emptied.iter().position(|shares| shares.iter().any(|&(id, _)| id == payment));
        let owner = pool.map_or(Owner::Payment(payment), Owner::Emptied);
        let mut months = Vec::new();
        let order: [fn(Place) -> bool; 5] = [
            |place| place == Place::Credit,
            |place| place == Place::Suspense,
            |place| place == Place::Pot,
            |place| matches!(place, Place::Month(_)),
            |place| place == Place::Surcharge,
        ];
        for from in order {
            let (taken, of_months) = self.take(owner, left, from);
            left -= taken;
            months.extend(of_months);
            self.refunds.push((payment, taken));
            // What is paid back of a pool is no longer its share.
            if let Some(pool) = pool {
                let shares = self.emptied[pool].iter_mut().filter(|share| share.0 == payment);
                shares.for_each(|share| share.1 -= taken);
            }
        }
        months
    }

    /// All that was paid back.
    pub(super) fn refunded(&self) -> Riel {
        self.refunds.iter().map(|(_, amount)| amount).sum()
    }

    /// What lies on a month and was placed there before a day.
    pub(super) fn placed_before(&self, month: Month, day: Day) -> Riel {
        let there = |placement: &&Placement| placement.place == Place::Month(month) && placement.on < day;
        self.placements.iter().filter(there).map(|placement| placement.amount).sum()
    }

    /// Section 4: after a death what lies on months after the month of death is credit.
    pub(super) fn credit_months_after(&mut self, last: Month) -> Vec<(Month, Riel)> {
        let mut moved = Vec::new();
        for placement in &mut self.placements {
            if let Place::Month(month) = placement.place
                && month > last
            {
                moved.push((month, placement.amount));
                placement.place = Place::Credit;
            }
        }
        moved
    }

    fn sum(&self, is_there: impl Fn(Place) -> bool) -> Riel {
        self.placements.iter().filter(|placement| is_there(placement.place)).map(|placement| placement.amount).sum()
    }

    pub(super) fn credit(&self) -> Riel {
        self.sum(|place| place == Place::Credit)
    }

    pub(super) fn suspense(&self) -> Riel {
        self.sum(|place| place == Place::Suspense)
    }

    pub(super) fn pot(&self) -> Riel {
        self.sum(|place| place == Place::Pot)
    }

    pub(super) fn surcharge(&self) -> Riel {
        self.sum(|place| place == Place::Surcharge)
    }

    pub(super) fn on_months(&self) -> Riel {
        self.sum(|place| matches!(place, Place::Month(_)))
    }
}
