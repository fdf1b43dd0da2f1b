//! Money that is placed, added up, taken off and paid back: every riel stays somewhere, and nothing is left where nothing
//! lies.

use super::*;

const ON: Day = Day(20_000);
const FIRST: Month = Month(24_300);
const ONE: Owner = Owner::Payment(FactId(1));
const TWO: Owner = Owner::Payment(FactId(2));

/// Payment 1 on two months and in credit, payment 2 added up for a return.
fn some() -> Purse {
    let mut purse = Purse::default();
    purse.put(ONE, Place::Month(FIRST), 100, ON);
    purse.put(ONE, Place::Month(FIRST.plus(1)), 100, ON.plus(5));
    purse.put(ONE, Place::Credit, 30, ON.plus(5));
    purse.put(TWO, Place::Pot, 50, ON.plus(6));
    purse
}

fn places(purse: &Purse) -> Vec<(Place, Riel)> {
    purse.parcels.iter().map(|parcel| (parcel.place, parcel.amount)).collect()
}

#[test]
fn where_nothing_is_put_nothing_lies_and_an_emptied_purse_is_as_new() {
    let mut purse = some();
    purse.put(ONE, Place::Credit, 0, ON);
    assert_eq!((purse.parcels.len(), purse.pot()), (4, 50));
    purse.open_pot();
    purse.put(TWO, Place::Pot, 7, ON);
    purse.empty();
    assert_eq!((purse.money(), purse.pot()), (Money::default(), 0));
    assert_eq!(purse.open_pot(), (Owner::Pool(0), 0));
}

#[test]
fn what_was_placed_last_is_taken_off_first_and_what_was_paid_back_stays_so() {
    let mut purse = some();
    assert_eq!(purse.refund(FactId(1), 50, ON.plus(7)), [(FIRST.plus(1), 20)]);
    assert_eq!(purse.refunded(FactId(1)), 50);
    assert_eq!(purse.refunded(FactId(2)), 0);
    // Of 230 riel fifty were paid back, so that 180 are left to come to nothing.
    assert_eq!(purse.take_off(FactId(1), 230, ON.plus(8)), [(FIRST.plus(1), 80), (FIRST, 100)]);
    assert_eq!(places(&purse), [(Place::Pot, 50), (Place::Refunded, 50), (Place::Reversed, 180)]);
    // A part that is less than what lies on a month leaves the rest there, and touches no other.
    let mut purse = some();
    assert_eq!(purse.take_off(FactId(1), 130, ON.plus(8)), [(FIRST.plus(1), 100)]);
    assert_eq!(places(&purse), [(Place::Month(FIRST), 100), (Place::Pot, 50), (Place::Reversed, 130)]);
    assert_eq!(purse.take_off(FactId(2), 20, ON.plus(8)), []);
    assert_eq!(purse.pot(), 30);
}

#[test]
fn each_return_is_a_pool_of_its_own_that_knows_its_payments() {
    let mut purse = some();
    purse.put(Owner::Payment(FactId(3)), Place::Pot, 10, ON.plus(6));
    let (first, amount) = purse.open_pot();
    assert_eq!((amount, purse.pot()), (60, 0));
    purse.put(first, Place::Month(FIRST.plus(2)), 60, ON.plus(7));
    purse.put(Owner::Payment(FactId(4)), Place::Pot, 40, ON.plus(9));
    let (second, _) = purse.open_pot();
    purse.put(second, Place::Month(FIRST.plus(3)), 40, ON.plus(9));
    // Of a pool a payment takes off what is its own and was not paid back.
    let mut paid_back = purse.clone();
    assert_eq!(paid_back.refund(FactId(2), 20, ON.plus(10)), [(FIRST.plus(2), 20)]);
    assert_eq!(paid_back.take_off(FactId(2), 50, ON.plus(11)), [(FIRST.plus(2), 30)]);
    assert_eq!(paid_back.money().on_months, 200 + 10 + 40);
    let of = |owner| {
        let parcel = purse.parcels.iter().find(|parcel| parcel.owner == owner).unwrap();
        purse.payments_of(parcel)
    };
    assert_eq!([of(first), of(second), of(ONE)], [vec![FactId(2), FactId(3)], vec![FactId(4)], vec![FactId(1)]]);
    assert_eq!(purse.take_off(FactId(4), 40, ON.plus(10)), [(FIRST.plus(3), 40)]);
}

#[test]
fn what_was_placed_on_a_month_before_a_day_is_told() {
    let mut purse = some();
    purse.put(TWO, Place::Month(FIRST), 5, ON.plus(9));
    let before = |days| purse.placed_before(FIRST, ON.plus(days));
    assert_eq!([0, 1, 9, 10].map(before), [0, 100, 100, 105]);
}
