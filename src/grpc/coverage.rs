//! CoverageService on the wire.

mod batch;
mod warning;

use krama_documents::catalogue::{self, Catalogue, Language};
use krama_law::answer::Standing;
use krama_law::calendar::{Day, Moment};
use krama_law::decision::{Explanation, Stretch};
use krama_law::explanation::Step;
use tonic::{Request, Response, Status};

use crate::grpc::coverage::warning::Forecasts;
use crate::grpc::member::correction::{ground, prepared as prepared_of, prepared_id};
use crate::grpc::wire::{Fields, base32, date, id_text, timestamp};
use crate::grpc::{Counter, at_least, decision, member, outcome, status, ticket};
use crate::operation::coverage::lapse::Verdict;
use crate::operation::coverage::{Check, Checked, Contested, Explained, SecondFact};
use crate::operation::person::BirthDate;
use crate::operation::reading::Reading;
use crate::operation::transact::Ticket;
use crate::proto::v1;
use crate::proto::v1::coverage_service_server::CoverageService;

/// Steps and months that an explanation holds at most.
const STEPS_MOST: usize = 500;
const MONTHS_MOST: usize = 600;

#[tonic::async_trait]
impl CoverageService for Counter {
    async fn check_coverage(
        &self,
        request: Request<v1::CheckCoverageRequest>,
    ) -> Result<Response<v1::CheckCoverageResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let check = self.shaped(&caller, "CheckCoverage", check(self.fields(), self.desk.today(), &message)).await?;
        let checked = self.desk.check_coverage(&check, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "CheckCoverage", checked).await?;
        Ok(Response::new(self.checked(&reading)))
    }

    async fn batch_check_coverage(
        &self,
        request: Request<v1::BatchCheckCoverageRequest>,
    ) -> Result<Response<v1::BatchCheckCoverageResponse>, Status> {
        self.batch_check(request).await
    }

    type ForecastCoverageStream = Forecasts;

    async fn forecast_coverage(
        &self,
        request: Request<v1::ForecastCoverageRequest>,
    ) -> Result<Response<Forecasts>, Status> {
        self.forecast(request).await
    }

    async fn serve_notice(
        &self,
        request: Request<v1::ServeNoticeRequest>,
    ) -> Result<Response<v1::ServeNoticeResponse>, Status> {
        self.serve_notice_told(request).await
    }

    async fn record_notice_delivery(
        &self,
        request: Request<v1::RecordNoticeDeliveryRequest>,
    ) -> Result<Response<v1::RecordNoticeDeliveryResponse>, Status> {
        self.record_notice_delivery_told(request).await
    }

    async fn explain_coverage(
        &self,
        request: Request<v1::ExplainCoverageRequest>,
    ) -> Result<Response<v1::ExplainCoverageResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let member = fields.id("member_id", &message.member_id);
        let valid_at = fields.optional_day("valid_at", message.valid_at.as_ref());
        let known_at = fields.optional_moment("known_at", message.known_at.as_ref());
        let language = language(&mut fields, &message.language);
        let asked = fields.finish(Some((member, valid_at, known_at, language)));
        let (member, valid_at, known_at, language) = self.shaped(&caller, "ExplainCoverage", asked).await?;
        let from = at_least(message.at_least_position);
        let explained = self.desk.explain_coverage(member, valid_at, known_at, from).await;
        let reading = self.looked(&caller, "ExplainCoverage", explained).await?;
        let explained = &reading.answer;
        let explanation = &explained.explanation;
        let omitted_steps = explanation.steps.len().saturating_sub(STEPS_MOST);
        // The newest first, so that what is left out of a long life is its beginning.
        let steps = explanation.steps.iter().rev().take(STEPS_MOST);
        let months = months(explanation);
        let omitted_months = months.len().saturating_sub(MONTHS_MOST);
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        Ok(Response::new(v1::ExplainCoverageResponse {
            decision: Some(decision::decision(&explained.decision)),
            steps: steps.map(|step| step_told(step, explained, self.catalogue(language))).collect(),
            omitted_steps: count(omitted_steps),
            months: months.into_iter().skip(omitted_months).collect(),
            omitted_months: count(omitted_months),
            position: self.position(reading.position),
            contested: explained.contested.iter().map(contested).collect(),
            text_reviewed: language.is_reviewed(),
        }))
    }

    async fn confirm_lapse(
        &self,
        request: Request<v1::ConfirmLapseRequest>,
    ) -> Result<Response<v1::ConfirmLapseResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let ground = (message.case_reference.as_str(), message.legal_basis.as_str());
        let about = (message.member_id.as_str(), message.prepared_id.as_str());
        let shaped = verdict::<true>(self.fields(), &message.request_id, message.validate_only, about, ground);
        let (ticket, verdict) = self.shaped(&caller, "ConfirmLapse", shaped).await?;
        let recorded = self.desk.decide_lapse(&caller, ticket, verdict).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::ConfirmLapseResponse {
            outcome: outcome(&recorded, recorded.reply.is_prepared()),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            fact_id: recorded.reply.fact.filter(|_| !ticket.validate_only).map(id_text).unwrap_or_default(),
            prepared_id: prepared_id(&recorded, recorded.reply.is_prepared()),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }

    async fn waive_lapse(
        &self,
        request: Request<v1::WaiveLapseRequest>,
    ) -> Result<Response<v1::WaiveLapseResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let ground = (message.case_reference.as_str(), message.legal_basis.as_str());
        let about = (message.member_id.as_str(), message.prepared_id.as_str());
        let shaped = verdict::<false>(self.fields(), &message.request_id, message.validate_only, about, ground);
        let (ticket, verdict) = self.shaped(&caller, "WaiveLapse", shaped).await?;
        let recorded = self.desk.decide_lapse(&caller, ticket, verdict).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::WaiveLapseResponse {
            outcome: outcome(&recorded, recorded.reply.is_prepared()),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            fact_id: recorded.reply.fact.filter(|_| !ticket.validate_only).map(id_text).unwrap_or_default(),
            prepared_id: prepared_id(&recorded, recorded.reply.is_prepared()),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }
}

/// The language of a tag; English where none is given.
fn language(fields: &mut Fields, tag: &str) -> Language {
    let language = if tag.is_empty() { Some(Language::English) } else { Language::of(tag) };
    if language.is_none() {
        fields.invalid("language", "must be en or km");
    }
    language.unwrap_or(Language::English)
}

fn verdict<const CONFIRMED: bool>(
    mut fields: Fields,
    request_id: &str,
    validate_only: bool,
    (member, prepared): (&str, &str),
    (case, legal_basis): (&str, &str),
) -> Result<(Ticket, Verdict<CONFIRMED>), Status> {
    let ticket = ticket(&mut fields, request_id, validate_only);
    let member = fields.id("member_id", member);
    let ground = ground(&mut fields, case, ("legal_basis", legal_basis));
    let prepared = prepared_of(&mut fields, prepared);
    fields.finish(Some((ticket, Verdict { member, ground, prepared })))
}

fn contested(contested: &Contested) -> v1::ContestedReading {
    let answer = &contested.answer;
    v1::ContestedReading {
        reading: contested.reading.clone(),
        title: contested.title.clone(),
        standing: decision::standing(answer.standing).into(),
        since: answer.since.map(date),
        covers: answer.covers.iter().map(decision::cover).collect(),
    }
}

fn check(mut fields: Fields, today: Day, message: &v1::CheckCoverageRequest) -> Result<Check, Status> {
    use v1::check_coverage_request::SecondFact as Told;
    let identifier = member::identifier(&mut fields, "identifier", message.identifier.as_ref());
    let second_fact = match &message.second_fact {
        Some(Told::BirthDate(told)) => {
            let day = fields.optional_day("birth_date", Some(told));
            day.map(|day| {
                let (year, month, day) = day.parts();
                let year = u16::try_from(year).unwrap_or(0);
                SecondFact::BirthDate(BirthDate { year, month: Some(month), day: Some(day) })
            })
        }
        Some(Told::BirthYear(year)) => {
            let year = u16::try_from(*year).ok().filter(|year| (1900..=2199).contains(year));
            if year.is_none() {
                fields.invalid("birth_year", "must lie between 1900 and 2199");
            }
            year.map(SecondFact::BirthYear)
        }
        Some(Told::Phone(number)) => member::phone(&mut fields, "phone", number).map(SecondFact::Phone),
        None => {
            fields.missing("second_fact");
            None
        }
    };
    let service_date = fields.optional_day("service_date", message.service_date.as_ref());
    let stay = fields.optional_day("stay_started_on", message.stay_started_on.as_ref());
    if stay.zip(service_date.or(Some(today))).is_some_and(|(stay, service)| stay > service) {
        fields.invalid("stay_started_on", "must not lie after the service date");
    }
    fields.optional_choice::<v1::VisitType>("visit_type", message.visit_type);
    let check = identifier.zip(second_fact);
    fields.finish(check.map(|(identifier, second_fact)| Check { identifier, second_fact, service_date, stay }))
}

impl Counter {
    fn checked(&self, reading: &Reading<Checked>) -> v1::CheckCoverageResponse {
        let position = self.position(reading.position);
        let without = |verdict: v1::Verdict| v1::CheckCoverageResponse {
            verdict: verdict.into(),
            position: position.clone(),
            ..v1::CheckCoverageResponse::default()
        };
        match &reading.answer {
            Checked::NoMatch => without(v1::Verdict::NoMatch),
            Checked::CannotTell => v1::CheckCoverageResponse {
                sources: vec![source(v1::Registry::Poverty, None)],
                ..without(v1::Verdict::CannotTell)
            },
            Checked::Known { covers, co_payment, day, known, revision, proof } => {
                let covered = !covers.is_empty();
                let verdict = if covered { v1::Verdict::Covered } else { v1::Verdict::NotCovered };
                v1::CheckCoverageResponse {
                    covered,
                    covers: covers.iter().map(decision::cover).collect(),
                    // Until the civil day ends nothing but a new fact changes the answer.
                    fresh_until: Some(timestamp(Moment::end_of(known.day()))),
                    sources: vec![
                        source(v1::Registry::Voluntary, Some(*known)),
                        source(v1::Registry::Employment, Some(*known)),
                        source(v1::Registry::Poverty, None),
                        source(v1::Registry::Household, Some(*known)),
                    ],
                    as_of: Some(decision::as_of(*day, *known)),
                    policy_revision: revision.to_string(),
                    check_reference: reference(reading.position, proof),
                    co_payment: co_payment.map(decision::co_payment),
                    ..without(verdict)
                }
            }
        }
    }
}

fn step_told(step: &Step, explained: &Explained, catalogue: &Catalogue) -> v1::Step {
    let values = catalogue::values(&step.clause).into_iter();
    v1::Step {
        day: Some(date(step.day)),
        clause: catalogue::name(&step.clause).to_owned(),
        citation: explained.citation(step.fields, step.decided_on),
        fact_ids: step.facts.iter().map(|fact| id_text(fact.0)).collect(),
        values: values.map(|(key, value)| (key.to_owned(), value)).collect(),
        text: catalogue.say(&catalogue::clause(&step.clause)),
    }
}

/// A registry that bears on the answer; without an instant it is not loaded.
fn source(registry: v1::Registry, as_of: Option<Moment>) -> v1::Source {
    v1::Source { registry: registry.into(), loaded: as_of.is_some(), as_of: as_of.map(timestamp) }
}

/// What can be read over a phone and proves later what was answered: the position, and a keyed digest of the
/// person, the day and the verdict at that position.
fn reference(position: i64, proof: &[u8; 5]) -> String {
    let mut number = [0; 8];
    number[3..].copy_from_slice(proof);
    let proof = base32(u64::from_be_bytes(number), 8);
    format!("{position}-{}-{}", &proof[..4], &proof[4..]).to_uppercase()
}

/// The months of an explanation: how each stood at its end, or on the day asked about in the month of that day.
fn months(explanation: &Explanation) -> Vec<v1::MonthView> {
    let asked = explanation.answer.valid_at;
    let lines = explanation.months.iter();
    let view = |line: &krama_law::decision::MonthLine| {
        let end = if line.month == asked.month() { asked } else { line.month.last_day() };
        let (standing, mut covers) = at(&explanation.stretches, end);
        if end == asked {
            // On the day asked about there may be covers that are only kept in good faith.
            covers = explanation.answer.covers.iter().map(decision::cover).collect();
        }
        v1::MonthView {
            month: line.month.to_string(),
            standing: decision::standing(standing).into(),
            state: decision::month_state(line.state).into(),
            covered: !covers.is_empty(),
            covers,
        }
    };
    lines.filter(|line| line.month <= asked.month()).map(view).collect()
}

/// The standing and the covers on a day.
fn at(stretches: &[Stretch], day: Day) -> (Standing, Vec<v1::Cover>) {
    let index = stretches.iter().rposition(|stretch| stretch.from.is_none_or(|from| from <= day)).unwrap_or(0);
    let Some(stretch) = stretches.get(index) else { return (Standing::NotEnrolled, Vec::new()) };
    let cover = |scheme: &krama_law::answer::Scheme| {
        let unbroken = stretches[..=index].iter().rev().take_while(|earlier| earlier.schemes.contains(scheme));
        let later = stretches[index..].iter().find(|later| !later.schemes.contains(scheme));
        v1::Cover {
            scheme: decision::scheme(*scheme).into(),
            from_day: unbroken.last().and_then(|first| first.from).map(date),
            until_day: later.and_then(|later| later.from).map(|from| date(from.before())),
            basis: decision::basis(false).into(),
        }
    };
    (stretch.standing, stretch.schemes.iter().map(cover).collect())
}
