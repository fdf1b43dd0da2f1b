//! `krama sandbox`: what exists in a sandbox only. So far its clock, which can be moved forward.
//!
//! The clock is read before it is moved, because "six months on" is counted from what the sandbox shows. Absent on
//! purpose: any way back; a ledger does not unlearn.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use prost_types::Timestamp;
use time::{Date, Duration};

use crate::proto::google_type;
use crate::proto::sandbox::sandbox_service_client::SandboxServiceClient;
use crate::proto::sandbox::{GetClockRequest, MoveClockRequest};

use super::civil;
use super::client::{Refusal, ServerArgs};

/// What exists in a sandbox only.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: SandboxCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum SandboxCommand {
    /// Shows the clock of the sandbox, or moves it forward.
    Clock(ClockArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct ClockArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Move the clock to the beginning of this day.
    #[arg(long, value_name = "DAY", value_parser = civil::parse_day, conflicts_with = "forward")]
    set: Option<Date>,
    /// Move the clock forward by days, weeks, months or years: 10d, 2w, 6mo, 1y.
    #[arg(long, value_name = "SPAN", value_parser = Span::parse)]
    forward: Option<Span>,
}

/// Shows the clock of the sandbox, after moving it if asked to.
///
/// # Errors
/// The server cannot be reached, is no sandbox or refuses to move its clock.
pub async fn run(args: Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let SandboxCommand::Clock(args) = args.command;
    let wire = args.server.connect("OFFICER/terminal", "oversight").await?;
    let mut client = SandboxServiceClient::new(wire);
    let clock = client.get_clock(GetClockRequest {}).await.map_err(Refusal::from)?.into_inner();
    let (now, today) = (clock.now.context("the server told no time")?, clock.today);
    let to = match (args.set, args.forward) {
        (None, None) => None,
        // Its beginning has passed, and the day is the one that was wanted.
        (Some(day), _) if civil::day(today) == Some(day) => None,
        (Some(day), _) => Some(civil::at_hour(day, 0)),
        (None, Some(span)) => Some(span.after(now).context("that is farther than a calendar reaches")?),
    };
    let Some(to) = to else {
        writeln!(out, "{}", told(now, today))?;
        return Ok(ExitCode::SUCCESS);
    };
    let moved = client.move_clock(MoveClockRequest { to: Some(to) }).await.map_err(Refusal::from)?.into_inner();
    writeln!(out, "was {}", told(now, today))?;
    writeln!(out, "is  {}", told(moved.now.unwrap_or(to), moved.today))?;
    Ok(ExitCode::SUCCESS)
}

fn told(now: Timestamp, today: Option<google_type::Date>) -> String {
    let weekday = civil::day(today).map(|day| day.weekday().to_string()).unwrap_or_default();
    format!("{} in Phnom Penh, {weekday}", civil::moment_text(Some(now)))
}

/// A stretch of time by the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Span {
    Days(u32),
    Months(u32),
}

impl Span {
    fn parse(text: &str) -> Result<Span, String> {
        let unit_at = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(unit_at);
        let number: u32 = number.parse().map_err(|_| format!("`{text}` is no span; write 10d, 2w, 6mo or 1y"))?;
        match unit {
            "d" => Ok(Span::Days(number)),
            "w" => Ok(Span::Days(number.saturating_mul(7))),
            "mo" => Ok(Span::Months(number)),
            "y" => Ok(Span::Months(number.saturating_mul(12))),
            _ => Err(format!("`{text}` has no known unit; write 10d, 2w, 6mo or 1y")),
        }
    }

    /// The same time of day, that much later.
    fn after(self, now: Timestamp) -> Option<Timestamp> {
        let local = civil::local(now)?;
        let later = match self {
            Span::Days(days) => local.checked_add(Duration::days(i64::from(days)))?,
            Span::Months(months) => local.replace_date(civil::plus_months(local.date(), months)?),
        };
        Some(civil::timestamp(later))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        assert_eq!(Span::parse("10d"), Ok(Span::Days(10)));
        assert_eq!(Span::parse("2w"), Ok(Span::Days(14)));
        assert_eq!(Span::parse("6mo"), Ok(Span::Months(6)));
        assert_eq!(Span::parse("1y"), Ok(Span::Months(12)));
        for wrong in ["", "6", "mo", "6m", "-6mo", "six months"] {
            assert!(Span::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn six_months_on_it_is_the_same_hour() {
        let now = civil::at_hour(date!(2026 - 08 - 31), 8);
        assert_eq!(Span::Months(6).after(now), Some(civil::at_hour(date!(2027 - 02 - 28), 8)));
        assert_eq!(Span::Days(1).after(now), Some(civil::at_hour(date!(2026 - 09 - 01), 8)));
    }
}
