//! Decisions on the wire: standing, covers, doors, steps and months, as several services tell them.

use krama_law::answer::{CoPayment, Cover, Door, DoorKind, Scheme, Standing};
use krama_law::calendar::{Day, Moment};
use krama_law::decision::MonthState;

use crate::grpc::wire::{date, timestamp};
use crate::operation::coverage::Decision;
use crate::proto::v1;

pub(crate) fn standing(standing: Standing) -> v1::Standing {
    match standing {
        Standing::Closed => v1::Standing::Closed,
        Standing::Employed => v1::Standing::Employed,
        Standing::Abandoned => v1::Standing::Abandoned,
        Standing::NotEnrolled => v1::Standing::NotEnrolled,
        Standing::LapsePending => v1::Standing::LapsePending,
        Standing::InArrears => v1::Standing::InArrears,
        Standing::Current => v1::Standing::Current,
    }
}

pub(crate) fn scheme(scheme: Scheme) -> v1::Scheme {
    match scheme {
        Scheme::Voluntary => v1::Scheme::Voluntary,
        Scheme::Formal => v1::Scheme::Formal,
        Scheme::RunOff => v1::Scheme::RunOff,
        Scheme::Assistance => v1::Scheme::Assistance,
        Scheme::Dependant => v1::Scheme::Dependant,
    }
}

pub(crate) fn month_state(state: MonthState) -> v1::MonthState {
    match state {
        MonthState::Paid => v1::MonthState::Paid,
        MonthState::Worked | MonthState::Excused => v1::MonthState::Exempt,
        MonthState::NotOwed => v1::MonthState::NotOwed,
        MonthState::Overdue => v1::MonthState::Overdue,
        MonthState::Open => v1::MonthState::NotYetDue,
    }
}

pub(crate) fn cover(cover: &Cover) -> v1::Cover {
    v1::Cover {
        scheme: scheme(cover.scheme).into(),
        from_day: Some(date(cover.from)),
        until_day: cover.until.map(date),
        basis: basis(cover.kept).into(),
    }
}

pub(crate) fn basis(kept: bool) -> v1::CoverBasis {
    if kept { v1::CoverBasis::GoodFaith } else { v1::CoverBasis::PresentKnowledge }
}

pub(crate) fn as_of(valid_at: Day, known_at: Moment) -> v1::AsOf {
    v1::AsOf { valid_at: Some(date(valid_at)), known_at: Some(timestamp(known_at)) }
}

pub(crate) fn door_kind(kind: DoorKind) -> v1::DoorKind {
    match kind {
        DoorKind::FormalEmployment => v1::DoorKind::FormalEmployment,
        DoorKind::BackPayment => v1::DoorKind::BackPayment,
        DoorKind::ReEnrolment => v1::DoorKind::ReEnrolment,
        DoorKind::SocialAssistance => v1::DoorKind::SocialAssistance,
    }
}

pub(crate) fn door(door: &Door) -> v1::Door {
    v1::Door {
        kind: door_kind(door.kind).into(),
        price_riel: door.price,
        first_benefit_day: door.benefits_from.map(date),
        open_until: door.open_until.map(date),
    }
}

pub(crate) fn co_payment(duty: CoPayment) -> v1::CoPayment {
    v1::CoPayment {
        rate: duty.rate.to_string(),
        months: i32::from(duty.months),
        ceiling_riel: duty.ceiling,
        until_day: Some(date(duty.until)),
    }
}

pub(crate) fn decision(decision: &Decision) -> v1::Decision {
    let answer = &decision.answer;
    let months = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    v1::Decision {
        standing: standing(answer.standing).into(),
        since: answer.since.map(date),
        covered: !answer.covers.is_empty(),
        employed: answer.standing == Standing::Employed,
        covers: answer.covers.iter().map(cover).collect(),
        overdue_months: months(answer.overdue),
        run_months: months(answer.run),
        balance: Some(v1::Balance {
            owed_riel: decision.owed,
            credit_riel: answer.money.credit,
            suspense_riel: answer.money.suspense,
            pot_riel: answer.money.pot,
        }),
        last_safe_day: answer.last_safe_day.map(date),
        least_amount_riel: decision.least_amount,
        last_safe_day_when_policy_changes: answer.last_safe_day_published.map(date),
        doors: decision.doors.iter().map(door).collect(),
        policy_revision: answer.revision.to_string(),
        holds_until: answer.holds_until.map(date),
        as_of: Some(as_of(answer.valid_at, answer.known_at)),
        co_payment: answer.co_payment.map(co_payment),
    }
}
