//! The purse: in which place every riel lies, and how it got there.
//!
//! Every riel received is in exactly one place. A `Parcel` is a part of one payment (or of a pot of payments that
//! was placed by a return) in one place; parcels are never merged, so that a reversal finds its money again.

use crate::answer::Money;
use crate::calendar::{Day, Month};
use crate::fact::FactId;
use crate::money::Riel;

/// Where a part of a payment lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// On a contribution month.
    Month(Month),
    /// Not needed by any month; refundable.
    Credit,
    /// Could not be allocated; refundable.
    Suspense(SuspenseReason),
    /// Added up towards a back-payment.
    Pot,
    /// Paid as penalty of a back-payment, or as charge for paying a month late.
    Surcharge,
    /// Of a payment that came to nothing.
    Reversed,
    /// Paid back.
    Refunded,
}

impl Place {
    /// In which order a refund takes money from the places where it lies; none where it cannot.
    fn refund_rank(self) -> Option<u8> {
        match self {
            Place::Credit => Some(0),
            Place::Suspense(_) => Some(1),
            Place::Pot => Some(2),
            Place::Month(_) => Some(3),
            Place::Surcharge => Some(4),
            Place::Reversed | Place::Refunded => None,
        }
    }
}

/// Why money could not be allocated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SuspenseReason {
    /// The person was not a voluntary member on the value date.
    NotEnrolled,
    /// The person had lapsed and the law has no door of back-payment.
    Abandoned,
    /// The person was dead.
    Deceased,
}

/// A part of a payment, in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parcel {
    /// Whose money it is.
    pub(crate) owner: Owner,
    /// Where it lies.
    pub place: Place,
    /// How much it is.
    pub amount: Riel,
    /// The day on which it was placed.
    pub on: Day,
}

/// To what a parcel belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    /// One payment.
    Payment(FactId),
    /// All payments that were added up to one return.
    Pool(u32),
}

/// Every parcel of one member, in the order in which they were placed.
#[derive(Clone, Default, Debug)]
pub(crate) struct Purse {
    pub(crate) parcels: Vec<Parcel>,
    /// What has been added up towards a return.
    pot: Riel,
    /// Which payments were added up to which pool.
    pools: Vec<(FactId, u32)>,
    pools_made: u32,
}

impl Purse {
    /// Takes everything out, and keeps the room that it took.
    pub(crate) fn empty(&mut self) {
        self.parcels.clear();
        self.pools.clear();
        (self.pot, self.pools_made) = (0, 0);
    }

    #[inline(always)]
    pub(crate) fn put(&mut self, owner: Owner, place: Place, amount: Riel, on: Day) {
        if amount > 0 {
            self.parcels.push(Parcel { owner, place, amount, on });
            if place == Place::Pot {
                self.pot += amount;
            }
        }
    }

    /// What has been added up towards a return.
    pub(crate) fn pot(&self) -> Riel {
        self.pot
    }

    /// Leaves only the newest so many payments in the pot, and makes credit of the others; answers how much that is.
    pub(crate) fn leave_in_pot(&mut self, payments: usize) -> Riel {
        let older = self.in_pot().count().saturating_sub(payments);
        let mut dropped = 0;
        for parcel in self.parcels.iter_mut().filter(|parcel| parcel.place == Place::Pot).take(older) {
            parcel.place = Place::Credit;
            dropped += parcel.amount;
        }
        self.pot -= dropped;
        dropped
    }

    /// What of the pot still counts when one more payment is added to it, of which so many count.
    pub(crate) fn pot_beside_one_more(&self, payments: Option<usize>) -> Riel {
        let left = payments.map_or(usize::MAX, |most| most.saturating_sub(1));
        self.in_pot().rev().take(left).map(|parcel| parcel.amount).sum()
    }

    /// The parts of the pot, a payment each.
    fn in_pot(&self) -> impl DoubleEndedIterator<Item = &Parcel> {
        self.parcels.iter().filter(|parcel| parcel.place == Place::Pot)
    }

    /// Takes everything out of the pot, to be placed anew as one pool.
    pub(crate) fn open_pot(&mut self) -> (Owner, Riel) {
        let pool = self.pools_made;
        self.pools_made += 1;
        for parcel in self.parcels.iter().filter(|parcel| parcel.place == Place::Pot) {
            if let Owner::Payment(fact) = parcel.owner {
                self.pools.push((fact, pool));
            }
        }
        self.parcels.retain(|parcel| parcel.place != Place::Pot);
        (Owner::Pool(pool), std::mem::take(&mut self.pot))
    }

    /// Takes a payment's amount off where it lies, what was placed last first, and answers what was taken off
    /// which month. What was paid back before stays so.
    pub(crate) fn take_off(&mut self, payment: FactId, amount: Riel, on: Day) -> Vec<(Month, Riel)> {
        let amount = amount - self.refunded(payment);
        let places = |place: Place| place.refund_rank().is_some();
        let (taken, off_months) = self.take(payment, amount, places);
        self.put(Owner::Payment(payment), Place::Reversed, taken, on);
        off_months
    }

    /// Pays back some of a payment, from the places in the order of a refund, and answers what was taken off which
    /// month.
    pub(crate) fn refund(&mut self, payment: FactId, amount: Riel, on: Day) -> Vec<(Month, Riel)> {
        let (mut taken, mut off_months) = (0, Vec::new());
        for rank in 0..=4 {
            let (more, months) = self.take(payment, amount - taken, |place| place.refund_rank() == Some(rank));
            taken += more;
            off_months.extend(months);
        }
        self.put(Owner::Payment(payment), Place::Refunded, taken, on);
        off_months
    }

    /// What was paid back of a payment.
    pub(crate) fn refunded(&self, payment: FactId) -> Riel {
        let refunds = self.parcels.iter().filter(|p| p.place == Place::Refunded && p.owner == Owner::Payment(payment));
        refunds.map(|parcel| parcel.amount).sum()
    }

    /// Takes at most an amount of a payment off the places that will do, what was placed last first.
    fn take(&mut self, payment: FactId, amount: Riel, will_do: impl Fn(Place) -> bool) -> (Riel, Vec<(Month, Riel)>) {
        let pool = self.pools.iter().find(|(fact, _)| *fact == payment).map(|&(_, pool)| Owner::Pool(pool));
        let owner = pool.unwrap_or(Owner::Payment(payment));
        let (mut left, mut off_months) = (amount, Vec::new());
        for parcel in self.parcels.iter_mut().rev().filter(|p| p.owner == owner && will_do(p.place)) {
            let taken = left.min(parcel.amount);
            parcel.amount -= taken;
            left -= taken;
            if parcel.place == Place::Pot {
                self.pot -= taken;
            }
            if let Place::Month(month) = parcel.place
                && taken > 0
            {
                off_months.push((month, taken));
            }
        }
        self.parcels.retain(|parcel| parcel.amount > 0);
        (amount - left, off_months)
    }

    /// What was placed on a month before a day.
    pub(crate) fn placed_before(&self, month: Month, day: Day) -> Riel {
        let placed = self.parcels.iter().filter(|p| p.place == Place::Month(month) && p.on < day);
        placed.map(|parcel| parcel.amount).sum()
    }

    /// Makes credit of what lies on months after the month of a death.
    pub(crate) fn credit_months_after(&mut self, last: Month) {
        for parcel in &mut self.parcels {
            if let Place::Month(month) = parcel.place
                && month > last
            {
                parcel.place = Place::Credit;
            }
        }
    }

    /// Where all the money lies.
    pub(crate) fn money(&self) -> Money {
        let mut money = Money::default();
        for parcel in &self.parcels {
            *match parcel.place {
                Place::Month(_) => &mut money.on_months,
                Place::Credit => &mut money.credit,
                Place::Suspense(_) => &mut money.suspense,
                Place::Pot => &mut money.pot,
                Place::Surcharge => &mut money.surcharge,
                Place::Reversed => &mut money.reversed,
                Place::Refunded => &mut money.refunded,
            } += parcel.amount;
        }
        money
    }

    /// The payments to which a parcel belongs.
    pub(crate) fn payments_of(&self, parcel: &Parcel) -> Vec<FactId> {
        match parcel.owner {
            Owner::Payment(fact) => vec![fact],
            Owner::Pool(pool) => self.pools.iter().filter(|(_, of)| *of == pool).map(|&(fact, _)| fact).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
