//! Where every riel lies: a list of placements in the order in which they were made.
//!
//! A payment's own money is known by the payment. Money that was added up in a pot and then placed together is one
//! sum of which each payment has a share, but no places of its own.

use krama_law::calendar::Month;
use krama_law::fact::FactId;
use krama_law::money::Riel;

/// Whose money it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Payment(FactId),
    /// The money of the pot that was emptied at the so-manieth time.
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
}

/// All money received for a member.
#[derive(Clone, Debug, Default)]
pub(super) struct Purse {
    placements: Vec<Placement>,
    /// Of payments that came to nothing.
    pub(super) reversed: Riel,
    /// Which payments, with how much, were in each pot when it was emptied.
    emptied: Vec<Vec<(FactId, Riel)>>,
}

impl Purse {
    pub(super) fn put(&mut self, owner: Owner, place: Place, amount: Riel) {
        if amount > 0 {
            self.placements.push(Placement { owner, place, amount });
        }
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
        let mut months = Vec::new();
        for placement in self.placements.iter_mut().rev().filter(|placement| placement.owner == owner) {
            let taken = placement.amount.min(left);
            placement.amount -= taken;
            left -= taken;
            self.reversed += taken;
            if let Place::Month(month) = placement.place
                && taken > 0
            {
                months.push((month, taken));
            }
        }
        self.placements.retain(|placement| placement.amount > 0);
        months
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
