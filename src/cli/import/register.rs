//! `krama import register`: an older register, a folder of files, loaded into a ledger of its own with the instants at
//! which the older system came to know.
//!
//! All files are read twice: once to see that every line can be read and that each file is in order, and then to load
//! them, merged by those instants. Which rows have had their turn stands in the audit of the ledger, so a load that was
//! killed goes on where it was. Absent: a server; none may serve the ledger meanwhile.

use std::collections::VecDeque;
use std::io::Write;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use krama_law::calendar::Moment;
use uuid::Uuid;

use super::door::digest;
use super::progress::Progress;
use super::table::Tally;
use crate::cli::client::Refusal;
use crate::cli::lines::register::{KINDS, Kind};
use crate::cli::lines::{Sheet, Wrong, help, request_id};
use crate::config::Config;
use crate::grpc::register::{Entry, Intake, Loading};
use crate::operation::Desk;
use crate::proto::v1::Outcome;
use crate::server;

/// Loads an older register into an empty ledger, with its original known times.
///
/// The ledger is opened where it lies, by the settings of `krama serve`; no server may serve it meanwhile. Nothing is
/// loaded unless every line can be read and each file is in the order of `known_at`. A row that the ledger refuses is
/// told at the end and stops no other. A load that was stopped, or killed, goes on where it was when the same folder is
/// given again. `docs/import.md` tells the format.
#[derive(Debug, clap::Args)]
#[command(after_help = columns())]
pub(super) struct Args {
    /// The folder with people.csv, employers.csv, enrolments.csv, employments.csv and payments.csv; those that the
    /// register lacks may be absent.
    folder: PathBuf,
    /// A file with settings that differ from the defaults, as for `krama serve`.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Load into the ledger of a sandbox.
    #[arg(long)]
    sandbox: bool,
    /// The person at the keyboard, for the audit.
    #[arg(long, value_name = "NAME", default_value = "terminal")]
    user: String,
}

fn columns() -> String {
    KINDS.iter().map(|kind| format!("{}\n{}", kind.file, help(kind.columns))).collect::<Vec<_>>().join("\n")
}

pub(super) async fn run(args: Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut config = Config::read(args.config.as_deref())?;
    config.sandbox.enabled |= args.sandbox;
    let (desk, writer) = server::open(&config).await?;
    let loaded = load(&args, &config, &desk, out).await;
    desk.close(writer).await;
    loaded
}

async fn load(args: &Args, config: &Config, desk: &Arc<Desk>, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut register = Register::of(&args.folder)?;
    let now = desk.now().await?;
    register.check(now)?;
    if !register.is_clean() {
        out.write_all(register.text().as_bytes())?;
        writeln!(out, "Nothing was loaded: mend the lines that cannot be read first.")?;
        return Ok(ExitCode::FAILURE);
    }
    let intake = Intake::begin(desk.clone(), config, &args.user, register.batch).await?;
    let Some(mut intake) = intake else {
        bail!(
            "this ledger holds something else already; a register goes into an empty ledger, or goes on where it was \
             if its files are the same as then"
        )
    };
    if intake.done > 0 {
        writeln!(out, "Going on behind row {} of the register.", intake.done)?;
    }
    let ended = register.load(&mut intake, config.limits.batch_commands).await;
    out.write_all(register.text().as_bytes())?;
    ensure!(
        !intake.has_strayed(),
        "something else was recorded while the register was loaded; stop every server of this ledger, and begin anew \
         with an empty one"
    );
    ended.context("the register was not loaded to its end; give the same folder again, and it goes on where it was")?;
    intake.finish().await?;
    Ok(if register.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The files of a register, with what became of their lines.
struct Register {
    files: Vec<(PathBuf, &'static Kind, Tally)>,
    batch: [u8; 16],
    lines: usize,
}

/// A row: when it became known, which file's it is, its line there, and what it says.
struct Row {
    known: Moment,
    file: usize,
    line: u64,
    entry: Entry,
}

impl Register {
    fn of(folder: &Path) -> anyhow::Result<Register> {
        let (mut files, mut digests, mut lines) = (Vec::new(), vec!["register".to_owned()], 0);
        for kind in &KINDS {
            let file = folder.join(kind.file);
            if !file.exists() {
                continue;
            }
            let (digest, count) = digest(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            digests.extend([kind.file.to_owned(), digest]);
            lines += count;
            files.push((file, kind, Tally::default()));
        }
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.file).collect();
        ensure!(!files.is_empty(), "{} holds none of {}", folder.display(), names.join(", "));
        let batch = request_id(&digests.iter().map(String::as_str).collect::<Vec<_>>());
        Ok(Register { files, batch: Uuid::try_parse(&batch)?.into_bytes(), lines })
    }

    fn is_clean(&self) -> bool {
        self.files.iter().all(|(.., tally)| tally.is_clean())
    }

    fn text(&self) -> String {
        self.files.iter().map(|(_, kind, tally)| tally.text(kind.file)).collect()
    }

    /// Reads every line, and sees that each file is in order and tells of no day to come.
    fn check(&mut self, now: Moment) -> anyhow::Result<()> {
        let (mut progress, mut done) = (Progress::of(self.lines, "read"), 0);
        for (index, (file, kind, tally)) in self.files.iter_mut().enumerate() {
            let mut last = Moment(i64::MIN);
            for row in rows(file, kind, index)? {
                done += 1;
                progress.done(done);
                let wrong = match row? {
                    Err(wrong) => Some(wrong),
                    Ok(row) if row.known > now => {
                        Some((row.line, Wrong::new("known_at", "must not lie in the future")))
                    }
                    Ok(row) if row.known < last => {
                        Some((row.line, Wrong::new("known_at", "must not lie before that of the line above")))
                    }
                    Ok(row) => {
                        last = row.known;
                        None
                    }
                };
                if let Some((line, wrong)) = wrong {
                    tally.unreadable(line, &wrong);
                }
            }
        }
        Ok(())
    }

    /// Loads the rows in the order in which they became known, so many on their way at the same time.
    async fn load(&mut self, intake: &mut Intake, at_once: usize) -> anyhow::Result<()> {
        let mut progress = Progress::of(self.lines, "loaded");
        let mut under_way: VecDeque<(usize, u64, Loading)> = VecDeque::new();
        let (mut last, mut sequence) = (Moment(i64::MIN), 0);
        for row in merged(&self.files)? {
            let Row { known, file, line, mut entry } = row?;
            sequence += 1;
            // Of rows that became known at one instant each is known after the one before it, also in another run.
            last = known.max(Moment(last.0.saturating_add(1)));
            if sequence <= intake.done {
                continue;
            }
            if let Some(number) = intake.unknown_employer(&mut entry).map(str::to_owned) {
                self.settle(&mut under_way, 0).await?;
                intake.find_employer(&number).await?;
            }
            under_way.push_back((file, line, intake.enter(sequence, last, entry).await?));
            self.settle(&mut under_way, 2 * at_once).await?;
            progress.done(usize::try_from(sequence)?);
        }
        self.settle(&mut under_way, 0).await
    }

    /// Waits until no more than so many rows are under way.
    async fn settle(&mut self, under_way: &mut VecDeque<(usize, u64, Loading)>, most: usize) -> anyhow::Result<()> {
        while under_way.len() > most {
            let Some((file, line, loading)) = under_way.pop_front() else { break };
            let refusal = loading.await?.map(Refusal::from);
            let outcome = if refusal.is_some() { Outcome::Rejected } else { Outcome::Accepted };
            self.files[file].2.answered(line, outcome, None, refusal);
        }
        Ok(())
    }
}

/// A row, or why its line cannot be read.
type Read = std::io::Result<Result<Row, (u64, Wrong)>>;

/// The rows of one file.
fn rows(path: &Path, kind: &'static Kind, file: usize) -> anyhow::Result<impl Iterator<Item = Read> + use<>> {
    let row = move |line: Result<_, _>| {
        let line: crate::cli::lines::Line = line?;
        let read = |line: &crate::cli::lines::Line| {
            let known = line.moment("known_at")?;
            let known = Moment(known.seconds * 1_000_000 + i64::from(known.nanos) / 1_000);
            Ok(Row { known, file, line: line.number, entry: (kind.entry)(line)? })
        };
        read(&line).map_err(|wrong| (line.number, wrong))
    };
    Ok(Sheet::open(path, kind.columns)?.map(move |line| line.map(row)))
}

/// The rows of all files in the order in which they became known; those of one instant in the order of the files.
fn merged(
    files: &[(PathBuf, &'static Kind, Tally)],
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Row>> + use<>> {
    let mut heads: Vec<Peekable<_>> = Vec::new();
    for (index, (path, kind, _)) in files.iter().enumerate() {
        heads.push(rows(path, kind, index)?.peekable());
    }
    Ok(std::iter::from_fn(move || {
        let known = |head: &mut Peekable<_>| match head.peek()? {
            // What cannot be read any more is told at once.
            Err(_) | Ok(Err(_)) => Some(Moment(i64::MIN)),
            Ok(Ok(Row { known, .. })) => Some(*known),
        };
        let next =
            heads.iter_mut().enumerate().filter_map(|(index, head)| known(head).map(|known| (known, index))).min();
        let (_, index) = next?;
        let row = heads[index].next()?;
        Some(row.map_err(anyhow::Error::from).and_then(|row| {
            row.map_err(|(line, wrong)| anyhow::anyhow!("line {line} has changed since it was checked: {wrong}"))
        }))
    }))
}
