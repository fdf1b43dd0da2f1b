//! The law of a contributory social security scheme, as a pure function of what is known of a member's life.
//!
//! Values in, values out: a `timeline::Timeline` of facts and a `policy::Law` give an `answer::Answer` for any
//! day as known at any instant. Deliberately absent: clocks, storage, randomness, logging, file formats, names
//! of people. The same inputs give the same answer, byte for byte, on every machine.

pub mod calendar;
pub mod money;

pub mod fact;
pub mod policy;
pub mod timeline;

pub mod answer;
pub mod change;
pub mod decision;
pub mod explanation;
pub mod notices;
pub mod population;
pub mod purse;

mod allocation;
mod almanac;
mod coverage;
mod doors;
mod entry;
mod good_faith;
mod household;
mod jobs;
mod life;
mod months;
mod owed;
mod play;
mod rhythm;
mod safe_day;
mod standing;
mod telling;
mod ways_back;
