//! EmploymentService on the wire.

mod correction;
mod transitions;

use krama_law::fact::Sector;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::grpc::batch::Replies;
pub(super) use crate::grpc::employment::transitions::Transitions;
use crate::grpc::wire::{Fields, date, id_text, timestamp};
use crate::grpc::{Counter, at_least, member, outcome, status, ticket};
use crate::operation::caller::Role;
use crate::operation::employment::hire::{Hire, Hired, Worker, WorkerMatch};
use crate::operation::employment::{Employment, Grant, NewEmployer, Separated, Separation};
use crate::operation::transact::{Recorded, Ticket};
use crate::proto::v1;
use crate::proto::v1::employment_service_server::EmploymentService;

/// Characters of an employer's name and of a provider's id at most.
const EMPLOYER_NAME_MOST: usize = 200;
const PROVIDER_MOST: usize = 128;

#[tonic::async_trait]
impl EmploymentService for Counter {
    async fn register_employer(
        &self,
        request: Request<v1::RegisterEmployerRequest>,
    ) -> Result<Response<v1::RegisterEmployerResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let shaped = new_employer(self.fields(), &message);
        let (ticket, new) = self.shaped(&caller, "RegisterEmployer", shaped).await?;
        let recorded = self.desk.register_employer(&caller, ticket, new).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::RegisterEmployerResponse {
            outcome: outcome(&recorded, false),
            employer_id: if ticket.validate_only { String::new() } else { id_text(recorded.reply) },
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
        }))
    }

    async fn grant_employer_access(
        &self,
        request: Request<v1::GrantEmployerAccessRequest>,
    ) -> Result<Response<v1::GrantEmployerAccessResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        fields.at_most("provider_id", &message.provider_id, PROVIDER_MOST);
        let grant = Grant {
            employer: fields.id("employer_id", &message.employer_id),
            provider: fields.text("provider_id", &message.provider_id),
            from: fields.day("from_day", message.from_day.as_ref()),
            until: fields.optional_day("until_day", message.until_day.as_ref()),
        };
        if grant.until.is_some_and(|until| until < grant.from) {
            fields.invalid("until_day", "must not lie before from_day");
        }
        let grant = self.shaped(&caller, "GrantEmployerAccess", fields.finish(Some(grant))).await?;
        let recorded = self.desk.grant_employer_access(&caller, ticket, grant).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::GrantEmployerAccessResponse {
            outcome: outcome(&recorded, false),
            grant_id: if ticket.validate_only { String::new() } else { id_text(recorded.reply) },
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
        }))
    }

    async fn report_hire(
        &self,
        request: Request<v1::ReportHireRequest>,
    ) -> Result<Response<v1::ReportHireResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let (ticket, hire) = self.shaped(&caller, "ReportHire", hire(self.fields(), &message)).await?;
        let recorded = self.desk.report_hire(&caller, ticket, hire).await.map_err(|f| status::of(&f))?;
        let mut response = self.hired(caller.role, &recorded);
        if ticket.validate_only {
            response.employment_id.clear();
        }
        Ok(Response::new(response))
    }

    async fn report_separation(
        &self,
        request: Request<v1::ReportSeparationRequest>,
    ) -> Result<Response<v1::ReportSeparationResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let shaped = separation(self.fields(), &message);
        let (ticket, separation) = self.shaped(&caller, "ReportSeparation", shaped).await?;
        let recorded = self.desk.report_separation(&caller, ticket, separation).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(self.separated(caller.role, &recorded)))
    }

    type ReportTransitionsStream = ReceiverStream<Result<v1::ReportTransitionsResponse, Status>>;

    async fn report_transitions(
        &self,
        request: Request<Streaming<v1::ReportTransitionsRequest>>,
    ) -> Replies<v1::ReportTransitionsResponse> {
        self.stream::<Transitions>(request)
    }

    async fn batch_report_transitions(
        &self,
        request: Request<v1::BatchReportTransitionsRequest>,
    ) -> Result<Response<v1::BatchReportTransitionsResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let (results, summary) = self.batch::<Transitions>(&caller, message.options, message.records).await?;
        Ok(Response::new(v1::BatchReportTransitionsResponse { results, summary: Some(summary) }))
    }

    async fn preview_transitions(
        &self,
        request: Request<v1::PreviewTransitionsRequest>,
    ) -> Result<Response<v1::PreviewTransitionsResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let previewed = self.preview::<Transitions>(&caller, "PreviewTransitions", message.records).await;
        let (results, summary, preview_token) = previewed?;
        Ok(Response::new(v1::PreviewTransitionsResponse { results, summary: Some(summary), preview_token }))
    }

    async fn list_batch_results(
        &self,
        request: Request<v1::ListBatchResultsRequest>,
    ) -> Result<Response<v1::ListBatchResultsResponse>, Status> {
        self.batch_results(request).await
    }

    async fn list_employments(
        &self,
        request: Request<v1::ListEmploymentsRequest>,
    ) -> Result<Response<v1::ListEmploymentsResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let employer = fields.id("employer_id", &message.employer_id);
        let most = self.page_size(&mut fields, message.page_size);
        let after = Counter::page_start(&mut fields, &message.page_token);
        let shaped = fields.finish(Some((employer, after, most)));
        let (employer, after, most) = self.shaped(&caller, "ListEmployments", shaped).await?;
        let from = at_least(message.at_least_position);
        let listed = self.desk.list_employments(&caller, employer, after, most, from).await;
        let reading = self.looked(&caller, "ListEmployments", listed).await?;
        let (employments, more) = &reading.answer;
        let next = employments.last().filter(|_| *more).map(|employment| id_text(employment.id));
        Ok(Response::new(v1::ListEmploymentsResponse {
            employments: employments.iter().map(|employment| self.employment_message(employment)).collect(),
            next_page_token: next.unwrap_or_default(),
            position: self.position(reading.position),
        }))
    }

    async fn amend_employment(
        &self,
        request: Request<v1::AmendEmploymentRequest>,
    ) -> Result<Response<v1::AmendEmploymentResponse>, Status> {
        self.amend_employment_told(request).await
    }

    async fn retract_employment(
        &self,
        request: Request<v1::RetractEmploymentRequest>,
    ) -> Result<Response<v1::RetractEmploymentResponse>, Status> {
        self.retract_employment_told(request).await
    }

    async fn rekey_employment(
        &self,
        request: Request<v1::RekeyEmploymentRequest>,
    ) -> Result<Response<v1::RekeyEmploymentResponse>, Status> {
        self.rekey_employment_told(request).await
    }

    async fn report_no_payroll(
        &self,
        request: Request<v1::ReportNoPayrollRequest>,
    ) -> Result<Response<v1::ReportNoPayrollResponse>, Status> {
        self.report_no_payroll_told(request).await
    }
}

impl Counter {
    /// What reporting a hire answers.
    fn hired(&self, role: Role, recorded: &Recorded<Hired>) -> v1::ReportHireResponse {
        let hired = &recorded.reply;
        let in_review = hired.worker_match == WorkerMatch::PendingReview;
        v1::ReportHireResponse {
            outcome: outcome(recorded, in_review),
            r#match: worker_match(hired.worker_match).into(),
            employment_id: id_text(hired.employment),
            position: self.position_of(recorded),
            known_time: recorded.known.map(timestamp),
            effect: Some(v1::EmployerEffect {
                reinstated: hired.reinstated,
                benefits_from: hired.benefits_from.map(date),
                needs_attention: in_review,
            }),
            standing_changes: self.standing_changes(role, &hired.changes),
        }
    }

    /// What reporting a separation answers.
    fn separated(&self, role: Role, recorded: &Recorded<Separated>) -> v1::ReportSeparationResponse {
        v1::ReportSeparationResponse {
            outcome: outcome(recorded, false),
            employment_id: id_text(recorded.reply.employment),
            position: self.position_of(recorded),
            known_time: recorded.known.map(timestamp),
            standing_changes: self.standing_changes(role, &recorded.reply.changes),
        }
    }
}

/// A new employer as it is told.
pub(super) fn new_employer(
    mut fields: Fields,
    message: &v1::RegisterEmployerRequest,
) -> Result<(Ticket, NewEmployer), Status> {
    let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
    fields.at_most("enterprise_number", &message.enterprise_number, member::NUMBER_MOST);
    fields.at_most("khmer_name", &message.khmer_name, EMPLOYER_NAME_MOST);
    fields.at_most("latin_name", &message.latin_name, EMPLOYER_NAME_MOST);
    let number = fields.text("enterprise_number", &message.enterprise_number);
    let khmer_name = fields.optional_text("khmer_name", &message.khmer_name).unwrap_or_default();
    let latin_name = fields.optional_text("latin_name", &message.latin_name).unwrap_or_default();
    if khmer_name.is_empty() && latin_name.is_empty() {
        fields.missing("latin_name");
    }
    let sector = match fields.choice::<v1::Sector>("sector", message.sector) {
        Some(v1::Sector::Private) => Some(Sector::Private),
        Some(v1::Sector::Public) => Some(Sector::Public),
        Some(v1::Sector::Unspecified) | None => None,
    };
    let new = sector.map(|sector| NewEmployer { number, khmer_name, latin_name, sector });
    fields.finish(new.map(|new| (ticket, new)))
}

fn separation(mut fields: Fields, message: &v1::ReportSeparationRequest) -> Result<(Ticket, Separation), Status> {
    let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
    let employer = fields.id("employer_id", &message.employer_id);
    let number = fields.text("employment_number", &message.employment_number);
    let first_day = fields.optional_day("first_day", message.first_day.as_ref());
    let last_day = fields.day("last_day", message.last_day.as_ref());
    let reason = fields.optional_choice::<v1::SeparationReason>("reason", message.reason);
    let reason = reason.and_then(|reason| i16::try_from(i32::from(reason)).ok());
    let separation = reason.map(|reason| Separation { employer, number, first_day, last_day, reason });
    fields.finish(separation.map(|separation| (ticket, separation)))
}

fn hire(mut fields: Fields, message: &v1::ReportHireRequest) -> Result<(Ticket, Hire), Status> {
    use v1::report_hire_request::Worker as Told;
    let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
    let employer = fields.id("employer_id", &message.employer_id);
    fields.at_most("employment_number", &message.employment_number, member::NUMBER_MOST);
    let number = fields.text("employment_number", &message.employment_number);
    let first_day = fields.day("first_day", message.first_day.as_ref());
    let last_day = fields.optional_day("last_day", message.last_day.as_ref());
    let worker = match &message.worker {
        Some(Told::MemberNumber(number)) => Some(Worker::MemberNumber(fields.text("member_number", number))),
        Some(Told::WorkerDetails(told)) => {
            let identifier = member::identifier(&mut fields, "worker_details.identifier", told.identifier.as_ref());
            let names = (told.khmer_name.as_ref(), told.latin_name.as_ref());
            let born = told.birth_date.as_ref();
            let particulars = member::particulars(&mut fields, "worker_details.", names, told.sex, born);
            identifier.zip(particulars).map(|(identifier, particulars)| Worker::Details(identifier, particulars))
        }
        None => {
            fields.missing("worker");
            None
        }
    };
    let hire = worker.map(|worker| Hire { employer, number, first_day, last_day, worker });
    fields.finish(hire.map(|hire| (ticket, hire)))
}

fn worker_match(found: WorkerMatch) -> v1::WorkerMatch {
    match found {
        WorkerMatch::Matched => v1::WorkerMatch::Matched,
        WorkerMatch::Created => v1::WorkerMatch::Created,
        WorkerMatch::PendingReview => v1::WorkerMatch::PendingReview,
    }
}

impl Counter {
    fn employment_message(&self, employment: &Employment) -> v1::Employment {
        v1::Employment {
            employment_id: id_text(employment.id),
            employment_number: employment.number.clone(),
            worker_identifier: employment.worker.as_ref().map(member::identifier_message),
            masked_name: employment.masked_name.clone(),
            r#match: worker_match(employment.worker_match).into(),
            first_day: Some(date(employment.first_day)),
            last_day: employment.last_day.map(date),
            employed: employment.employed,
            separation_reason: i32::from(employment.separation_reason),
            known_time: Some(timestamp(employment.known)),
            retracted: employment.retracted,
            last_position: self.position(employment.last_position),
        }
    }
}
