//! `krama policy`: law documents checked, shown and compared, without a server.
//!
//! A law is named by its folder, or by its name among those of `--laws`. Absent: what a change of law does to people;
//! cases tell that, and a server's simulation.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use krama_documents::case_file;
use krama_documents::catalogue::{Catalogue, Language};
use krama_documents::picture::{Life, compared};
use krama_documents::policy_file::{
    BadPolicy, FIELDS, LawBook, Sheet, branch_name, difference, law_folders, law_named, read_law,
};
use krama_law::calendar::{Day, Moment, Month};
use krama_law::decision::explain;
use krama_law::fact::Sector;
use krama_law::money::Riel;
use krama_law::policy::{Source, WageContribution};

/// Checks, shows and compares law documents.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    /// The folder of the laws that are named by their names.
    #[arg(long, global = true, value_name = "FOLDER", default_value = "policies")]
    laws: PathBuf,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Reads laws strictly, and runs their cases.
    Check {
        /// Folders of a law, or of several.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Prints the rules in force on a day, each with its source.
    Show {
        /// The law.
        law: String,
        /// The day; without it the newest revision.
        #[arg(long, value_name = "DAY")]
        on: Option<Day>,
        /// Print the revision as a law document instead.
        #[arg(long)]
        toml: bool,
    },
    /// Prints what differs between two laws, in words.
    Diff {
        /// The one, as LAW for its newest revision or LAW@DAY for the one in force on a day.
        before: String,
        /// The other.
        after: String,
    },
    /// Prints what an employer and a worker pay on a month's wage, branch by branch.
    Contributions {
        /// The law.
        law: String,
        /// The month's wage, in riel.
        #[arg(long, value_name = "RIEL", value_parser = clap::value_parser!(i64).range(0..=1_000_000_000))]
        wage: Riel,
        /// The month.
        #[arg(long, value_name = "MONTH")]
        month: Month,
        /// Whether the State is the employer.
        #[arg(long)]
        public: bool,
    },
    /// Draws the life that a case tells under two laws, on one page.
    Compare {
        /// The one law.
        one: String,
        /// The other.
        other: String,
        /// The file of the case.
        case: PathBuf,
        /// A part of the case's name, where the file has several.
        #[arg(long, value_name = "TEXT")]
        named: Option<String>,
        /// The day; the last one about which the case asks when left out.
        #[arg(long, value_name = "DAY")]
        on: Option<Day>,
        /// The language of the page: en or km.
        #[arg(long, value_name = "TAG", default_value = "en")]
        language: String,
        /// The file into which it is drawn.
        #[arg(long, value_name = "FILE", default_value = "compared.svg")]
        svg: PathBuf,
    },
}

/// Runs what was asked for.
///
/// # Errors
/// There is no such law, or a text cannot be written. Faults of documents are printed, and end with status 1.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &args.what {
        What::Check { paths } => check(paths, out),
        What::Show { law, on, toml } => {
            let book = read_law(&folder(law, &args.laws))?;
            let sheet = sheet_on(&book, *on)?;
            if *toml {
                write!(out, "{}", sheet.text())?
            } else {
                show(&book, sheet, out)?
            }
            Ok(ExitCode::SUCCESS)
        }
        What::Diff { before, after } => {
            let (before, after) = (revision(before, &args.laws)?, revision(after, &args.laws)?);
            diff(&before, &after, out)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Contributions { law, wage, month, public } => {
            let book = read_law(&folder(law, &args.laws))?;
            let sector = if *public { Sector::Public } else { Sector::Private };
            contributions(sheet_on(&book, Some(month.first_day()))?, sector, *wage, *month, out)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Compare { one, other, case, named, on, language, svg } => {
            let case = told(case, named.as_deref())?;
            let timeline = case.timeline().map_err(anyhow::Error::msg)?;
            let day = on.map_or_else(|| case.last_day().map_err(anyhow::Error::msg), Ok)?;
            let language = Language::of(language).with_context(|| format!("`{language}` is neither en nor km"))?;
            let catalogue = Catalogue::new(language);
            let life = |law: &str| -> anyhow::Result<Life> {
                let book = read_law(&folder(law, &args.laws))?;
                let caption = format!("{}: {}", book.law.name, sheet_on(&book, None)?.title);
                let explanation = explain(&timeline, &book.law, day, Moment::MAX);
                let revisions = book.law.as_known(Moment::MAX);
                let cite = |fields: &[&str], day: Day| {
                    let source = fields.iter().find_map(|field| revisions.on(day).source(field));
                    source.map_or_else(String::new, supported)
                };
                Ok(Life::of(&caption, &explanation, &catalogue, cite))
            };
            let page = compared(&life(one)?, &life(other)?, &catalogue);
            fs::write(svg, page).with_context(|| format!("{} cannot be written", svg.display()))?;
            writeln!(out, "{}\ndrawn into {}", case.name(), svg.display())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The case of a file, or the one whose name holds a text.
fn told(file: &Path, named: Option<&str>) -> anyhow::Result<case_file::Case> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let cases = case_file::read(&text).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    let mut found = cases.into_iter().filter(|case| named.is_none_or(|named| case.name().contains(named)));
    found.next().with_context(|| format!("{} has no such case", file.display()))
}

/// What supports a field, as an explanation tells it.
fn supported(source: &Source) -> String {
    let assumed = || source.assumption.as_ref().map(|assumption| format!("Assumption: {assumption}"));
    source.citation.clone().or_else(assumed).unwrap_or_default()
}

/// A law by its folder, or by its name.
fn folder(law: &str, laws: &Path) -> PathBuf {
    let given = PathBuf::from(law);
    if given.is_dir() { given } else { laws.join(law) }
}

fn sheet_on(book: &LawBook, day: Option<Day>) -> anyhow::Result<&Sheet> {
    let newest = book.sheets.last().context("a law has a revision")?;
    let Some(day) = day else { return Ok(newest) };
    let in_force = book.sheets.iter().rev().find(|sheet| sheet.revision.effective <= day);
    in_force.ok_or_else(|| anyhow!("`{}` has no revision in force on {day}", book.law.name))
}

/// The revision that `LAW` or `LAW@DAY` names.
fn revision(named: &str, laws: &Path) -> anyhow::Result<Sheet> {
    let (law, day) = named.split_once('@').map_or((named, None), |(law, day)| (law, Some(day)));
    let day = day.map(str::parse::<Day>).transpose()?;
    sheet_on(&read_law(&folder(law, laws))?, day).cloned()
}

fn check(paths: &[PathBuf], out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut sound = true;
    let mut checked = 0;
    for path in paths {
        let mut folders = law_folders(path)?;
        if holds_documents(path) {
            folders.insert(0, path.clone());
        }
        folders.retain(|folder| folder.file_name().is_none_or(|name| name != "readings"));
        for folder in folders {
            checked += 1;
            match read_law(&folder) {
                Ok(book) => sound &= tell(&folder, &book, out)?,
                Err(bad) => {
                    sound = false;
                    complain(&bad, out)?;
                }
            }
        }
    }
    if checked == 0 {
        bail!("no law was found; a law is a folder of documents that end in .toml");
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn holds_documents(path: &Path) -> bool {
    let mut entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.any(|entry| entry.path().extension().is_some_and(|extension| extension == "toml"))
}

fn complain(bad: &BadPolicy, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{bad}")
}

/// Tells of a law that reads well, and runs its cases. Whether all of them pass.
fn tell(folder: &Path, book: &LawBook, out: &mut dyn Write) -> anyhow::Result<bool> {
    let newest = sheet_on(book, None)?;
    let assumed = newest.revision.sources.iter().filter(|source| source.assumption.is_some()).count();
    let readings: Vec<&str> = book.readings.iter().map(|reading| reading.name.as_str()).collect();
    let days: Vec<String> = book.sheets.iter().map(|sheet| sheet.revision.effective.to_string()).collect();
    writeln!(out, "{}: {}", book.law.name, newest.title)?;
    writeln!(out, "  revisions  {}", days.join(", "))?;
    writeln!(out, "  fields     {}, of which {assumed} rest on an assumption", newest.revision.sources.len())?;
    if !readings.is_empty() {
        writeln!(out, "  readings   {}", readings.join(", "))?;
    }
    let file = folder.join("cases.yaml");
    if !file.is_file() {
        writeln!(out, "  cases      none; write {}", file.display())?;
        return Ok(true);
    }
    let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let laws = folder.parent().map_or_else(PathBuf::new, Path::to_owned);
    let shelf = |name: &str, reading: Option<&str>| law_named(&laws, name, reading);
    let verdicts = case_file::run(&text, &shelf).map_err(|error| anyhow!("{}: {error}", file.display()))?;
    let failed: Vec<_> = verdicts.iter().filter(|verdict| !verdict.differences.is_empty()).collect();
    writeln!(out, "  cases      {} passed, {} failed", verdicts.len() - failed.len(), failed.len())?;
    for verdict in &failed {
        writeln!(out, "    {}: {}", verdict.name, verdict.differences.join("; "))?;
    }
    Ok(failed.is_empty())
}

fn show(book: &LawBook, sheet: &Sheet, out: &mut dyn Write) -> std::io::Result<()> {
    let revision = &sheet.revision;
    writeln!(out, "{} from {}: {}", book.law.name, revision.effective, sheet.title)?;
    for field in FIELDS.iter().filter(|field| field.is_of(revision)) {
        writeln!(out, "\n{}: {}", field.meaning, field.said(revision))?;
        if let Some(source) = revision.source(field.path) {
            tell_source(source, "  ", out)?;
        }
    }
    for reading in book.readings.iter().filter(|reading| reading.can_read(revision)) {
        writeln!(out, "\nReading {}: {}", reading.name, reading.title)?;
        for read in reading.said(revision) {
            writeln!(out, "  {}: {}", read.field.meaning, read.said)?;
        }
        for source in &reading.sources {
            tell_source(source, "    ", out)?;
        }
    }
    Ok(())
}

fn diff(before: &Sheet, after: &Sheet, out: &mut dyn Write) -> std::io::Result<()> {
    let name = |sheet: &Sheet| format!("{} of {}", sheet.law, sheet.revision.effective);
    let differences = difference(&before.revision, &after.revision);
    if differences.is_empty() {
        return writeln!(out, "{} and {} say the same", name(before), name(after));
    }
    writeln!(out, "From {} to {}:", name(before), name(after))?;
    for difference in &differences {
        let said = |text: &str| if text.is_empty() { "nothing is said".to_owned() } else { text.to_owned() };
        writeln!(out, "\n{}", difference.meaning)?;
        writeln!(out, "  before  {}", said(&difference.before))?;
        writeln!(out, "  after   {}", said(&difference.after))?;
        if let Some(source) = &difference.source {
            tell_source(source, "  ", out)?;
        }
    }
    Ok(())
}

fn contributions(sheet: &Sheet, sector: Sector, wage: Riel, month: Month, out: &mut dyn Write) -> anyhow::Result<()> {
    let paid = sheet.revision.wage_contributions(sector, wage, month);
    if paid.is_empty() {
        bail!("`{}` of {} tells no rate for such a wage in {month}", sheet.law, sheet.revision.effective);
    }
    writeln!(out, "{:<18}{:>14}{:>14}{:>14}", "branch", "on", "employer", "worker")?;
    for line in &paid {
        let name = branch_name(line.branch);
        writeln!(out, "{name:<18}{:>14}{:>14}{:>14}", line.base, line.employer, line.worker)?;
    }
    let sum = |part: fn(&WageContribution) -> Riel| paid.iter().map(part).sum::<Riel>();
    writeln!(out, "{:<32}{:>14}{:>14}", "together, in riel", sum(|line| line.employer), sum(|line| line.worker))?;
    if let Some(source) = sheet.revision.source("formal.contributions") {
        tell_source(source, "", out)?;
    }
    Ok(())
}

fn tell_source(source: &Source, indent: &str, out: &mut dyn Write) -> std::io::Result<()> {
    for (kind, said) in [("cited", &source.citation), ("assumed", &source.assumption)] {
        if let Some(said) = said {
            writeln!(out, "{indent}{kind:<7} {said}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(what: What) -> (anyhow::Result<ExitCode>, String) {
        let mut out = Vec::new();
        let args = Args { what, laws: Path::new(env!("CARGO_MANIFEST_DIR")).join("policies") };
        let ended = run(&args, &mut out);
        (ended, String::from_utf8(out).unwrap())
    }

    #[test]
    fn the_difference_of_two_laws_is_told_in_words() {
        let (before, after) = ("kh".to_owned(), "kh-back-payment".to_owned());
        let (ended, text) = ran(What::Diff { before, after });
        assert_eq!(ended.unwrap(), ExitCode::SUCCESS);
        assert!(text.starts_with("From kh of 2023-08-28 to kh-back-payment of 2027-01-01:\n"), "{text}");
        assert!(text.contains("  before  there is no such way\n  after   at most the newest 24 months owed"), "{text}");
        let same = ("kh".to_owned(), "kh-grace@2026-12-31".to_owned());
        assert!(ran(What::Diff { before: same.0, after: same.1 }).1.contains("say the same"));
    }

    #[test]
    fn a_law_is_shown_with_its_sources_and_readings() {
        let (_, text) = ran(What::Show { law: "kh".to_owned(), on: None, toml: false });
        assert!(text.contains("When the membership lapses: when more than 6 months in a row are missed"), "{text}");
        assert!(text.contains("Reading elapsed: Six months have passed"), "{text}");
        let before = Some("2023-08-27".parse().unwrap());
        assert!(ran(What::Show { law: "kh".to_owned(), on: before, toml: false }).0.is_err());
    }

    #[test]
    fn what_is_paid_on_a_wage_is_told_branch_by_branch() {
        let on = |month: &str, public| What::Contributions {
            law: "kh".to_owned(),
            wage: 900_000,
            month: month.parse().unwrap(),
            public,
        };
        let (_, text) = ran(on("2027-10", false));
        assert!(text.contains("pension                   900000         36000         36000\n"), "{text}");
        assert!(text.contains("together, in riel                        65750         36000\n"), "{text}");
        assert!(text.contains("\ncited   ") && text.contains("\nassumed "), "{text}");
        assert!(!ran(on("2027-10", true)).1.contains("\npension "));
        assert!(ran(on("2023-08", false)).0.is_err());
    }

    #[test]
    fn a_life_under_two_laws_is_drawn_on_one_page() {
        let svg =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target").join(format!("krama {}.svg", std::process::id()));
        let what = |named: &str| What::Compare {
            one: "kh".to_owned(),
            other: "kh-grace".to_owned(),
            case: Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/kh-grace/cases.yaml"),
            named: Some(named.to_owned()),
            on: None,
            language: "en".to_owned(),
            svg: svg.clone(),
        };
        let (ended, text) = ran(what("Thirteen months"));
        assert_eq!(ended.unwrap(), ExitCode::SUCCESS, "{text}");
        let page = fs::read_to_string(&svg).unwrap();
        fs::remove_file(&svg).unwrap();
        assert!(page.contains("kh-grace: A proposal") && page.contains("since 16 February 2027"), "{page}");
        assert!(page.contains("since 16 August 2027"));
        assert!(ran(what("no such name")).0.is_err());
    }

    #[test]
    fn every_shipped_law_is_sound() {
        let (ended, text) = ran(What::Check { paths: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("policies")] });
        assert_eq!(ended.unwrap(), ExitCode::SUCCESS, "{text}");
        assert!(text.contains("th-s39: ") && !text.contains("none; write"), "{text}");
    }
}
