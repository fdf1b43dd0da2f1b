//! `krama demo`: two invented years of a fund, played over gRPC into a sandbox of its own, and told as they pass.
//!
//! The server is the real one, on a database of its own and a clock that is moved from day to day; whoever calls it
//! here calls it as banks, payrolls and the fund's desk would. What is told is what it answers. Absent on purpose: any
//! shortcut into the server; the play knows its address and nothing else of it.

mod callers;
mod plan;
mod play;
mod replies;
mod sandbox;
mod screen;
mod story;
mod summary;
mod witness;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use time::Date;

use self::callers::Callers;
use self::plan::{DayPlan, Plan};
use self::replies::Replies;
use self::sandbox::{Folder, Sandbox};
use self::screen::Screen;
use self::witness::Witness;
use super::{civil, examples, words};
use crate::clock::Stopwatch;

/// Surprises that are told one by one; of more, only the number.
const TOLD_MOST: usize = 10;

/// Plays two years of a fund in a sandbox, tells what happened and keeps serving.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// End after the story; with status 1 when an answer is not what the story expects.
    #[arg(long)]
    once: bool,
    /// The folder of the examples.
    #[arg(long, value_name = "DIR", default_value = "examples", conflicts_with = "seed")]
    examples: PathBuf,
    /// Play other years: examples made from this seed instead of those of the folder.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The port to serve on, on loopback; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
}

/// Plays, tells, and serves until it is interrupted.
///
/// # Errors
/// The examples cannot be read, the server does not start, or it stops answering.
pub async fn run(args: Args, is_terminal: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut screen = Screen::new(out, is_terminal);
    let folder = Folder::fresh()?;
    let plan = plan(&args, &folder)?;
    let (first, _) = plan.days.first_key_value().context("the examples are empty")?;
    let sandbox = Sandbox::start(&folder, args.port, *first).await?;
    screen.line(&opening(&plan, &sandbox.server))?;
    let ended = tokio::select! {
        played = played(&plan, &sandbox, &mut screen) => match played {
            Ok(differences) if args.once => Ok(differences),
            Ok(differences) => {
                screen.line(&commands(&plan, &sandbox.server))?;
                sandbox::interrupted().await?;
                Ok(differences)
            }
            Err(error) => Err(error),
        },
        interrupted = sandbox::interrupted() => interrupted.map(|()| 0),
    };
    sandbox.stop().await;
    let differences = ended?;
    Ok(if args.once && differences > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn plan(args: &Args, folder: &Folder) -> anyhow::Result<Plan> {
    let examples = match args.seed {
        None => args.examples.clone(),
        Some(seed) => {
            let made = folder.path().join("examples");
            examples::write(&made, seed).context("the examples cannot be made")?;
            made
        }
    };
    let hint = || format!("{} holds no examples; name their folder with --examples", examples.display());
    Plan::read(&examples).with_context(hint)
}

/// The whole play with its end; the number of differences from the story.
async fn played(plan: &Plan, sandbox: &Sandbox, screen: &mut Screen<'_>) -> anyhow::Result<usize> {
    let stopwatch = Stopwatch::start();
    let mut callers = Callers::connect(&sandbox.server, plan).await?;
    let mut replies = Replies::default();
    let mut differences = play_and_tell(plan, &mut callers, &mut replies, screen).await?;
    let summary = summary::ask(&callers).await?;
    let (last, _) = plan.days.last_key_value().context("the examples are empty")?;
    screen.line(&format!("\nThe fund on {last}:"))?;
    for line in summary.lines(&replies) {
        screen.line(&line)?;
    }
    let returned = words::counted(plan.returned, "transaction", "transactions");
    screen.line(&format!("  not played {returned} that a bank took back (returns.csv)"))?;
    let others: Vec<String> = summary.differences(&replies).into_iter().chain(replies.surprises).collect();
    differences += others.len();
    for other in others.iter().take(TOLD_MOST) {
        screen.discrepancy(other)?;
    }
    if others.len() > TOLD_MOST {
        screen.discrepancy(&format!("and {} more", others.len() - TOLD_MOST))?;
    }
    let judgement = match differences {
        0 => "every answer was as the story has it".to_owned(),
        number => words::counted(number, "answer was not as the story has it", "answers were not as the story has it"),
    };
    screen.line(&format!("\nPlayed in {:.0} seconds; {judgement}.", stopwatch.seconds()))?;
    Ok(differences)
}

/// Day by day: the clock, what happens, and what is then to be seen.
async fn play_and_tell(
    plan: &Plan,
    callers: &mut Callers,
    replies: &mut Replies,
    screen: &mut Screen<'_>,
) -> anyhow::Result<usize> {
    let schedule = story::schedule(plan)?;
    let nothing = DayPlan::default();
    let days: BTreeSet<Date> = plan.days.keys().chain(schedule.keys()).copied().collect();
    let (mut differences, mut quarter) = (0, None);
    for &today in &days {
        if quarter.is_some_and(|last| last != quarter_of(today)) {
            screen.line(&progress(today, replies))?;
        }
        play::move_clock(callers, today).await?;
        if quarter.is_none() {
            play::open(callers, plan, replies, today).await?;
        }
        quarter = Some(quarter_of(today));
        screen.count(&progress(today, replies))?;
        play::day(callers, plan, today, plan.days.get(&today).unwrap_or(&nothing), replies).await?;
        for (piece, moment) in schedule.get(&today).into_iter().flatten() {
            let mut witness = Witness::new(callers, replies, piece, today);
            if let Some(text) = story::tell(*moment, &mut witness).await? {
                screen.told(today, &text)?;
            }
            for difference in witness.into_differences() {
                differences += 1;
                screen.discrepancy(&difference)?;
            }
        }
    }
    Ok(differences)
}

fn quarter_of(day: Date) -> (i32, u8) {
    (day.year(), (u8::from(day.month()) - 1) / 3)
}

fn progress(day: Date, replies: &Replies) -> String {
    let hires = replies.hires.iter().filter(|reply| reply.answer.is_ok()).count();
    format!(
        "{day}  - so far {} enrolled, {}, {}, {}",
        replies.enrolled,
        words::counted(replies.payment_count(), "payment", "payments"),
        words::riel(replies.received_riel),
        words::counted(hires, "hire", "hires"),
    )
}

fn opening(plan: &Plan, server: &str) -> String {
    let (first, last) = (plan.days.keys().next(), plan.days.keys().next_back());
    let day = |day: Option<&Date>| day.map(Date::to_string).unwrap_or_default();
    format!(
        "Krama, a sandbox at {server} with a ledger of its own. Everything in it is invented.\n\
         From {} to {}: {} enrol, {} of two banks arrive in {}, {} report {}.\n",
        day(first),
        day(last),
        words::counted(plan.sum(|day| day.enrolments.len()), "person", "people"),
        words::counted(plan.sum(|day| day.lines().count()), "line", "lines"),
        words::counted(plan.sum(|day| day.deliveries.len()), "file", "files"),
        words::counted(plan.employers.len(), "employer", "employers"),
        words::counted(plan.sum(|day| day.reports.len()), "movement", "movements"),
    )
}

/// Three commands to try, with the numbers of people whom the story was about.
fn commands(plan: &Plan, server: &str) -> String {
    let number = |key: &str| {
        let piece = plan.pieces.iter().find(|piece| piece.key == key);
        piece.map(|piece| piece.member_number.clone()).unwrap_or_default()
    };
    let (hired, late) = (number("out-for-life-then-hired"), number("late-file"));
    let mut registrations = plan.days.values().flat_map(|day| &day.registrations);
    let hired_person = registrations.find(|registration| registration.member_number == hired);
    let born = civil::day_text(hired_person.and_then(|registration| registration.request.birth_date));
    // A year alone is a second fact of its own.
    let fact = if born.len() == 4 { "--birth-year" } else { "--birth-date" };
    format!(
        "\nServing at {server} until Ctrl-C. To try, in another terminal, with krama for target/debug/krama:\n  \
         krama check --server {server} --number {hired} {fact} {born}\n  \
         krama explain --server {server} --number {late}\n  \
         krama sandbox clock --server {server} --forward 7mo    (and then ask both again)"
    )
}
