//! `krama explain`: where a member stands and why, drawn month by month and told step by step.
//!
//! Everything that is printed comes from the server; this file only orders it, and `explain/drawing` draws it. Absent
//! on purpose: any rule. A sentence about the law is the server's, with its citation.

mod drawing;
mod page;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use krama_documents::catalogue::{Catalogue, Language};
use krama_documents::picture;
use prost_types::Timestamp;
use time::Date;

use crate::proto::v1::coverage_service_client::CoverageServiceClient;
use crate::proto::v1::find_member_request::Selector;
use crate::proto::v1::member_service_client::MemberServiceClient;
use crate::proto::v1::{
    ExplainCoverageRequest, FindMemberRequest, GetMemberRequest, Identifier, IdentifierKind, Member, PersonName,
};

use super::client::{Refusal, ServerArgs, Wire};
use super::{civil, words};

pub use drawing::Pen;

/// Tells where a member stands, drawn month by month, with the reason of each change.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    who: WhoArgs,
    /// Which kind of number it is, such as national-id; told by its shape when left out.
    #[arg(long, value_name = "KIND", value_parser = words::parse_kind, requires = "number")]
    kind: Option<IdentifierKind>,
    /// The day asked about; today when left out. A later day is answered as if nothing more were recorded.
    #[arg(long, value_name = "DAY", value_parser = civil::parse_day)]
    on: Option<Date>,
    /// Answer as it was known at this instant; a day stands for its end.
    #[arg(long, value_name = "DAY|INSTANT", value_parser = civil::parse_known_at)]
    known_at: Option<Timestamp>,
    /// The language of the reasons, and of a refusal: en or km.
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
    /// Draw one page to print into this file instead of telling it here.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct WhoArgs {
    /// The member's id in the ledger.
    #[arg(long, value_name = "ID")]
    member: Option<String>,
    /// A number of the member.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
}

/// Asks the server and draws its answer.
///
/// # Errors
/// The server cannot be reached or refuses the question, or nobody has the number.
pub async fn run(args: Args, pen: Pen, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let wire = args.server.connect("OFFICER/terminal", "oversight").await?;
    // A tag that is none is the server's to refuse.
    let language = Language::of(&args.language).unwrap_or(Language::English);
    let member = member(&args, wire.clone(), language).await?;
    let request = ExplainCoverageRequest {
        member_id: member.member_id.clone(),
        valid_at: args.on.map(civil::wire),
        known_at: args.known_at,
        at_least_position: None,
        language: args.language.clone(),
    };
    let mut client = CoverageServiceClient::new(wire);
    let refused = |status| Refusal::from(status).told_in(language);
    let answer = client.explain_coverage(request).await.map_err(refused)?.into_inner();
    if let Some(file) = &args.svg {
        let catalogue = Catalogue::new(language);
        let page = picture::page(&page::life(&title(&member), &answer)?, &catalogue);
        fs::write(file, page).with_context(|| format!("{} cannot be written", file.display()))?;
        writeln!(out, "drawn into {}", file.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{}", title(&member))?;
    if !answer.text_reviewed {
        writeln!(out, "(the reasons are in a language that nobody who could has reviewed)")?;
    }
    out.write_all(drawing::draw(&answer, pen).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

async fn member(args: &Args, wire: Wire, language: Language) -> anyhow::Result<Member> {
    let refused = |status| Refusal::from(status).told_in(language);
    let mut client = MemberServiceClient::new(wire);
    let found = if let Some(number) = &args.who.number {
        let Some(kind) = args.kind.or_else(|| words::kind_of(number)) else {
            bail!("`{number}` has the shape of no number that is known here; say what it is with --kind");
        };
        let identifier = Identifier { kind: kind.into(), value: number.clone() };
        let request = FindMemberRequest { selector: Some(Selector::Identifier(identifier)), at_least_position: None };
        let found = client.find_member(request).await.map_err(refused)?.into_inner();
        let nobody =
            || format!("nobody on record has the number {number}\nWhat to do: check the number and its --kind.");
        found.members.into_iter().next().with_context(nobody)?
    } else {
        let member_id = args.who.member.clone().unwrap_or_default();
        let request = GetMemberRequest { member_id, at_least_position: None };
        let found = client.get_member(request).await.map_err(refused)?.into_inner();
        found.member.context("the server told no member")?
    };
    Ok(found)
}

/// The member in one line: both names, then the numbers.
fn title(member: &Member) -> String {
    let name = |name: &Option<PersonName>| {
        name.as_ref().map(|name| format!("{} {}", name.family, name.given).trim().to_owned()).unwrap_or_default()
    };
    let mut parts = vec![name(&member.latin_name), name(&member.khmer_name)];
    parts.extend(member.identifiers.iter().map(|identifier| identifier.value.clone()));
    parts.retain(|part| !part.is_empty());
    parts.join("  ")
}
