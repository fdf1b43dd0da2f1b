//! The examples: two invented years of a fund, made from a seed.
//!
//! Writes what an enrolment desk, two banks and two payroll packages would hand over,
//! in their own shapes and with their usual faults: late, double, partial, returned
//! and unknown payments, hires reported late, twice or under a wrong number. The same
//! seed gives the same bytes. Deliberately absent: the law. A person here pays, works
//! or falls silent; what follows from it is for the engine to say.

mod bank_file;
mod calendar;
mod desk_file;
mod draw;
mod habit;
mod names;
mod payment;
mod payroll_file;
mod person;
#[cfg(test)]
mod reckoning;
mod scene;
mod sheet;
#[cfg(test)]
mod tests;
mod work;

use std::fs;
use std::io;
use std::path::Path;

use calendar::Month;
use draw::Draw;
use habit::Habit;
use payment::{Bank, CONTRIBUTION, LAST_DAY, Line, Payer, Payment};
use person::{Issued, Person};
use scene::Scene;
use sheet::Files;
use work::Employment;

/// Ordinary members beside those of the set pieces.
const ORDINARY_MEMBERS: usize = 483;

/// People whom only payrolls know, beside those of the set pieces.
const STRANGERS: usize = 58;

/// Single payments under numbers that were mistyped at a counter.
const MISTYPED_PAYMENTS: usize = 9;

/// The seed of the examples that are part of the repository.
const SHIPPED_SEED: u64 = 280;

/// Writes the invented records of two years: a desk, two banks, three employers.
///
/// The same seed gives the same files, byte for byte.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder to write to; it is made if it is missing.
    directory: std::path::PathBuf,
    /// The seed.
    #[arg(long, default_value_t = SHIPPED_SEED)]
    seed: u64,
}

/// Writes the files and tells how many.
///
/// # Errors
/// A file cannot be written.
pub(in crate::cli) fn run(args: &Args, out: &mut dyn io::Write) -> anyhow::Result<std::process::ExitCode> {
    let made = write(&args.directory, args.seed)?;
    writeln!(
        out,
        "{} members, {} payments in {} bank files, {} payroll lines in {} payroll files, below {}",
        made.members,
        made.payments,
        made.bank_files,
        made.payroll_lines,
        made.payroll_files,
        args.directory.display()
    )?;
    Ok(std::process::ExitCode::SUCCESS)
}

/// How much was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Summary {
    /// People who enrolled at the desk.
    pub members: usize,
    /// People whom only an employer knows.
    pub strangers: usize,
    /// Transactions, each counted once however often it was delivered.
    pub payments: usize,
    /// Lines of all bank files, repeated deliveries included.
    pub bank_lines: usize,
    /// Transactions that were taken back.
    pub returns: usize,
    /// Bank files.
    pub bank_files: usize,
    /// Employments, each counted once however often it was reported.
    pub employments: usize,
    /// Lines of all payroll files.
    pub payroll_lines: usize,
    /// Payroll files.
    pub payroll_files: usize,
    /// Set pieces in `story.csv`.
    pub scenes: usize,
}

/// Writes all files of a seed below a directory, which is made if it is missing.
/// Files of an earlier run that this seed does not write are left where they are.
pub fn write(directory: &Path, seed: u64) -> io::Result<Summary> {
    let (files, summary) = make(seed)?;
    for (name, bytes) in files {
        let path = directory.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, bytes)?;
    }
    Ok(summary)
}

fn make(seed: u64) -> io::Result<(Files, Summary)> {
    let world = World::new(seed);
    let mut files = Files::new();
    desk_file::write(&mut files, &world)?;
    let banks = bank_file::write(&mut files, &world)?;
    let payrolls = payroll_file::write(&mut files, &world)?;
    let members = world.people.iter().filter(|person| person.enrolment.is_some()).count();
    let summary = Summary {
        members,
        strangers: world.people.len() - members,
        payments: world.payments.len(),
        bank_lines: banks.lines,
        returns: banks.returns,
        bank_files: banks.files,
        employments: world.employments.len(),
        payroll_lines: payrolls.lines,
        payroll_files: payrolls.files,
        scenes: world.scenes.len(),
    };
    Ok((files, summary))
}

/// Everything that happened, before any institution gave it a shape.
struct World {
    people: Vec<Person>,
    payments: Vec<Payment>,
    employments: Vec<Employment>,
    scenes: Vec<Scene>,
}

/// Streams of chance. Ordinary people use the streams from 1,000 on, one each.
const STREAM_SCENES: u64 = 1;
const STREAM_NUMBERS: u64 = 2;
const STREAM_MISTYPED: u64 = 3;
const STREAM_ORDINARY: u64 = 1_000;

impl World {
    fn new(seed: u64) -> World {
        let mut world = World { people: Vec::new(), payments: Vec::new(), employments: Vec::new(), scenes: Vec::new() };
        let mut issued = Issued::default();
        scene::stage_all(&mut world, &mut Draw::new(seed, STREAM_SCENES), &mut issued);
        let mut stream = STREAM_ORDINARY;
        for _ in 0..ORDINARY_MEMBERS {
            world.add_member(&mut Draw::new(seed, stream), &mut issued);
            stream += 1;
        }
        for _ in 0..STRANGERS {
            let mut draw = Draw::new(seed, stream);
            world.people.push(person::known_to_employers(&mut draw, &mut issued));
            world.employments.push(work::of_stranger(world.people.len() - 1, &mut draw));
            stream += 1;
        }
        world.add_mistyped_payments(&mut Draw::new(seed, STREAM_MISTYPED));
        person::number_members(&mut world.people, &mut Draw::new(seed, STREAM_NUMBERS));
        world
    }

    fn add_member(&mut self, draw: &mut Draw, issued: &mut Issued) {
        let enrolled_on = person::enrolment_day(draw);
        let person = person::enrolled(enrolled_on, draw, issued);
        let who = self.people.len();
        let mut habit = Habit::draw(Month::of(enrolled_on), draw);
        self.employments.extend(work::of_member(who, &person, &mut habit, draw));
        self.payments.extend(habit.payments(who, enrolled_on, draw));
        self.people.push(person);
    }

    /// Somebody's money under a number with a typing error: no member can be told from it.
    fn add_mistyped_payments(&mut self, draw: &mut Draw) {
        for _ in 0..MISTYPED_PAYMENTS {
            let index = draw.below(self.people.len() as u64);
            let name = self.people[usize::try_from(index).expect("it is below a length")].name;
            let payer = Payer::Unknown {
                number: person::number_nobody_has(draw),
                latin: name.latin().to_uppercase(),
                khmer: name.khmer(),
            };
            let day = Month::new(2025, 3).plus(draw.months(0, 20)).day(draw.between(1, 28));
            let value = day.min(LAST_DAY);
            let lines = vec![Line { amount: CONTRIBUTION, month: None }];
            self.payments.push(Payment::new(payer, draw.pick(&Bank::ALL), value, lines));
        }
    }
}
