//! PolicyService on the wire: the law shown field by field, and its changes by two people.

mod simulation;

use krama_documents::policy_file::{Difference, FIELDS, Reading, Said, Sheet, difference};
use krama_law::calendar::{Day, Moment};
use krama_law::policy::{Revision, Source};
use tonic::{Request, Response, Status};

use crate::grpc::member::correction::ground;
use crate::grpc::policy::simulation::Simulations;
use crate::grpc::wire::{date, id_text, timestamp};
use crate::grpc::{Counter, at_least, outcome, status, ticket};
use crate::operation::policy::change::{Approval, Proposal, Withdrawal};
use crate::operation::policy::statute::{Matter, ProposalOf, Published, State, digest};
use crate::operation::policy::{Shown, Which};
use crate::proto::v1;
use crate::proto::v1::policy_service_server::PolicyService;

#[tonic::async_trait]
impl PolicyService for Counter {
    async fn list_policies(
        &self,
        request: Request<v1::ListPoliciesRequest>,
    ) -> Result<Response<v1::ListPoliciesResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let listed = self.desk.list_policies(at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "ListPolicies", listed).await?;
        let listed = &reading.answer;
        let in_force = listed.statute.in_force(listed.today, Moment::MAX).map(|sheet| sheet.revision.effective);
        Ok(Response::new(v1::ListPoliciesResponse {
            law: listed.statute.law.name.clone(),
            revisions: listed.statute.revisions.iter().map(|one| revision(one, in_force)).collect(),
            proposals: listed.proposals.iter().map(|(one, proposer)| proposal(one, proposer)).collect(),
            position: self.position(reading.position),
        }))
    }

    async fn get_policy(
        &self,
        request: Request<v1::GetPolicyRequest>,
    ) -> Result<Response<v1::GetPolicyResponse>, Status> {
        use v1::get_policy_request::Policy;
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let which = match &message.policy {
            None => Which::Today,
            Some(Policy::OnDay(day)) => Which::On(fields.day("on_day", Some(day))),
            Some(Policy::ProposalId(id)) => Which::Proposal(fields.id("proposal_id", id)),
        };
        let which = self.shaped(&caller, "GetPolicy", fields.finish(Some(which))).await?;
        let got = self.desk.get_policy(which, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "GetPolicy", got).await?;
        let Shown { statute, matter, before } = &reading.answer;
        let document = matter.text();
        let (fields, readings) = match matter {
            Matter::Revision(Sheet { revision, .. }) => {
                let readings = statute.readings.iter().map(|held| &held.reading);
                let readings = readings.filter(|reading| reading.can_read(revision));
                (fields_of(revision), readings.map(|reading| reading_of(reading, revision)).collect())
            }
            Matter::Reading(read) => {
                (Vec::new(), before.iter().map(|before| reading_of(read, &before.revision)).collect())
            }
        };
        Ok(Response::new(v1::GetPolicyResponse {
            law: statute.law.name.clone(),
            effective_day: matter.effective().map(date),
            title: matter.title().to_owned(),
            digest: hexadecimal(digest(&document)),
            document,
            fields,
            readings,
            differences: differences(&reading.answer),
            position: self.position(reading.position),
        }))
    }

    async fn check_policy(
        &self,
        request: Request<v1::CheckPolicyRequest>,
    ) -> Result<Response<v1::CheckPolicyResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        if message.document.trim().is_empty() {
            fields.missing("document");
        }
        let document = self.shaped(&caller, "CheckPolicy", fields.finish(Some(message.document))).await?;
        let checked = self.desk.check_policy(&document, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "CheckPolicy", checked).await?;
        let faults = reading.answer.faults.iter().map(|(line, problem)| v1::PolicyFault {
            line: line.and_then(|line| i32::try_from(line).ok()),
            problem: problem.clone(),
        });
        let faults: Vec<_> = faults.collect();
        let shown = reading.answer.shown.as_ref().filter(|_| faults.is_empty());
        let document = shown.map(|shown| shown.matter.text()).unwrap_or_default();
        Ok(Response::new(v1::CheckPolicyResponse {
            sound: shown.is_some(),
            faults,
            differences: shown.map(differences).unwrap_or_default(),
            digest: shown.map(|_| hexadecimal(digest(&document))).unwrap_or_default(),
            document,
            position: self.position(reading.position),
        }))
    }

    type SimulatePolicyStream = Simulations;

    async fn simulate_policy(
        &self,
        request: Request<v1::SimulatePolicyRequest>,
    ) -> Result<Response<Simulations>, Status> {
        self.simulate(request).await
    }

    async fn propose_policy(
        &self,
        request: Request<v1::ProposePolicyRequest>,
    ) -> Result<Response<v1::ProposePolicyResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        if message.document.trim().is_empty() {
            fields.missing("document");
        }
        let shaped = fields.finish(Some(Proposal { document: message.document }));
        let proposal = self.shaped(&caller, "ProposePolicy", shaped).await?;
        let recorded = self.desk.propose_policy(&caller, ticket, proposal).await.map_err(|f| status::of(&f))?;
        let proposed = &recorded.reply;
        Ok(Response::new(v1::ProposePolicyResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            proposal_id: if ticket.validate_only { String::new() } else { id_text(proposed.proposal) },
            digest: hexadecimal(digest(&proposed.document)),
            document: proposed.document.clone(),
        }))
    }

    async fn approve_policy(
        &self,
        request: Request<v1::ApprovePolicyRequest>,
    ) -> Result<Response<v1::ApprovePolicyResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let proposal = fields.id("proposal_id", &message.proposal_id);
        let read = fields.text("digest", &message.digest);
        let digest = bytes_of(&read);
        if digest.is_none() && !read.is_empty() {
            fields.invalid("digest", "must be 64 hexadecimal digits");
        }
        let ground = ground(&mut fields, &message.case_reference, ("legal_basis", &message.legal_basis));
        let approval = Approval { proposal, digest: digest.unwrap_or_default(), ground };
        let approval = self.shaped(&caller, "ApprovePolicy", fields.finish(Some(approval))).await?;
        let recorded = self.desk.approve_policy(&caller, ticket, approval).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::ApprovePolicyResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            effective_day: recorded.reply.map(date),
        }))
    }

    async fn withdraw_proposal(
        &self,
        request: Request<v1::WithdrawProposalRequest>,
    ) -> Result<Response<v1::WithdrawProposalResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let proposal = fields.id("proposal_id", &message.proposal_id);
        let ground = ground(&mut fields, &message.case_reference, ("reason", &message.reason));
        let shaped = fields.finish(Some(Withdrawal { proposal, ground }));
        let withdrawal = self.shaped(&caller, "WithdrawProposal", shaped).await?;
        let recorded = self.desk.withdraw_proposal(&caller, ticket, withdrawal).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::WithdrawProposalResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
        }))
    }
}

fn revision(one: &Published, in_force: Option<Day>) -> v1::PolicyRevision {
    let Sheet { title, revision, .. } = &one.sheet;
    v1::PolicyRevision {
        effective_day: Some(date(revision.effective)),
        title: title.clone(),
        publish_time: (one.published > Moment::MIN).then(|| timestamp(one.published)),
        in_force: in_force == Some(revision.effective),
        digest: hexadecimal(digest(&one.sheet.text())),
    }
}

fn proposal(one: &ProposalOf, proposer: &str) -> v1::PolicyProposal {
    let state = match one.state {
        State::Open => v1::ProposalState::Open,
        State::Approved => v1::ProposalState::Approved,
        State::Withdrawn => v1::ProposalState::Withdrawn,
    };
    v1::PolicyProposal {
        proposal_id: id_text(one.id()),
        effective_day: one.matter.effective().map(date),
        title: one.matter.title().to_owned(),
        digest: hexadecimal(digest(&one.document)),
        proposer: proposer.to_owned(),
        propose_time: Some(timestamp(one.known)),
        state: state.into(),
        reading: match &one.matter {
            Matter::Revision(_) => String::new(),
            Matter::Reading(reading) => reading.name.clone(),
        },
    }
}

fn fields_of(revision: &Revision) -> Vec<v1::PolicyField> {
    let field = |field: &krama_documents::policy_file::Field| {
        let source = revision.source(field.path);
        v1::PolicyField {
            path: field.path.to_owned(),
            meaning: field.meaning.to_owned(),
            value: field.written(revision),
            said: field.said(revision),
            ..sourced(source)
        }
    };
    FIELDS.iter().filter(|field| field.is_of(revision)).map(field).collect()
}

fn sourced(source: Option<&Source>) -> v1::PolicyField {
    let (citation, assumption) = source.map(|s| (s.citation.clone(), s.assumption.clone())).unwrap_or_default();
    v1::PolicyField {
        citation: citation.unwrap_or_default(),
        assumption: assumption.unwrap_or_default(),
        ..v1::PolicyField::default()
    }
}

fn reading_of(reading: &Reading, revision: &Revision) -> v1::PolicyReading {
    let said = reading.said(revision).into_iter().map(|read| v1::PolicyField {
        path: read.field.path.to_owned(),
        meaning: read.field.meaning.to_owned(),
        value: read.written,
        said: read.said,
        ..sourced(reading.sources.iter().find(|source| source.field == read.field.path))
    });
    v1::PolicyReading { name: reading.name.clone(), title: reading.title.clone(), fields: said.collect() }
}

fn differences(shown: &Shown) -> Vec<v1::PolicyDifference> {
    let Some(before) = &shown.before else { return Vec::new() };
    let sheet = match &shown.matter {
        Matter::Revision(sheet) => sheet,
        Matter::Reading(reading) => return read_otherwise(reading, &before.revision),
    };
    let told = |one: Difference| v1::PolicyDifference {
        path: one.path.to_owned(),
        meaning: one.meaning.to_owned(),
        before: one.before,
        after: one.after,
    };
    difference(&before.revision, &sheet.revision).into_iter().map(told).collect()
}

/// What a reading makes of a revision, field by field.
fn read_otherwise(reading: &Reading, of: &Revision) -> Vec<v1::PolicyDifference> {
    let told = |read: Said| v1::PolicyDifference {
        path: read.field.path.to_owned(),
        meaning: read.field.meaning.to_owned(),
        before: read.field.said(of),
        after: read.said,
    };
    reading.said(of).into_iter().map(told).collect()
}

fn hexadecimal(bytes: [u8; 32]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).concat()
}

/// The bytes that 64 hexadecimal digits write.
fn bytes_of(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}
