//! Corrections of a life and of the personal register, on the wire.

use tonic::{Request, Response, Status};

use crate::grpc::member::{REASON_MOST, commune, identifiers, particulars, phone};
use crate::grpc::wire::{Fields, id_of, id_text, timestamp};
use crate::grpc::{Counter, outcome, status, ticket};
use crate::operation::member::correction::{Death, Excuse, FactRetraction, Ground};
use crate::operation::member::update::Update;
use crate::operation::prepared::id_at as prepared_at;
use crate::operation::transact::Recorded;
use crate::proto::v1;

/// Characters of a case's reference at most.
const CASE_MOST: usize = 128;

/// The case on which a decision rests, and what a person wrote about it under the field's name.
pub(crate) fn ground(fields: &mut Fields, case: &str, (field, reason): (&str, &str)) -> Ground {
    fields.at_most("case_reference", case, CASE_MOST);
    let case = fields.text("case_reference", case);
    fields.at_most(field, reason, REASON_MOST);
    Ground { case, reason: fields.text(field, reason) }
}

/// Under which id an act was prepared that a caller names; none where it prepares it.
pub(crate) fn prepared(fields: &mut Fields, id: &str) -> Option<i64> {
    (!id.is_empty()).then(|| fields.id("prepared_id", id))
}

/// The id of an act that a second person has still to do; empty where it is done.
pub(crate) fn prepared_id<R>(recorded: &Recorded<R>, is_prepared: bool) -> String {
    let position = recorded.position.filter(|_| is_prepared);
    position.map(|position| id_text(prepared_at(position))).unwrap_or_default()
}

impl Counter {
    pub(super) async fn report_death_told(
        &self,
        request: Request<v1::ReportDeathRequest>,
    ) -> Result<Response<v1::ReportDeathResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let member = fields.id("member_id", &message.member_id);
        let on = fields.day("on", message.on.as_ref());
        let ground = ground(&mut fields, &message.case_reference, ("reason", &message.reason));
        let death = self.shaped(&caller, "ReportDeath", fields.finish(Some(Death { member, on, ground }))).await?;
        let recorded = self.desk.report_death(&caller, ticket, death).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::ReportDeathResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            fact_id: recorded.reply.fact.filter(|_| !ticket.validate_only).map(id_text).unwrap_or_default(),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }

    pub(super) async fn retract_fact_told(
        &self,
        request: Request<v1::RetractFactRequest>,
    ) -> Result<Response<v1::RetractFactResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let member = fields.id("member_id", &message.member_id);
        let fact = fields.id("fact_id", &message.fact_id);
        let ground = ground(&mut fields, &message.case_reference, ("legal_basis", &message.legal_basis));
        let shaped = fields.finish(Some(FactRetraction { member, fact, ground }));
        let retraction = self.shaped(&caller, "RetractFact", shaped).await?;
        let recorded = self.desk.retract_fact(&caller, ticket, retraction).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::RetractFactResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }

    pub(super) async fn excuse_months_told(
        &self,
        request: Request<v1::ExcuseMonthsRequest>,
    ) -> Result<Response<v1::ExcuseMonthsResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let member = fields.id("member_id", &message.member_id);
        let from = fields.month("from_month", &message.from_month);
        let to = fields.month("to_month", &message.to_month);
        let most = self.limits.excuse_months_most;
        if let Some((from, to)) = from.zip(to)
            && !(0..most).contains(&(to.0 - from.0))
        {
            fields.invalid("to_month", format!("must not lie before from_month, and make at most {most} months"));
        }
        let kind = fields.choice::<v1::ExcuseReason>("kind", message.kind);
        let kind = kind.and_then(|kind| i16::try_from(i32::from(kind)).ok());
        let ground = ground(&mut fields, &message.case_reference, ("legal_basis", &message.legal_basis));
        let prepared = prepared(&mut fields, &message.prepared_id);
        let excuse =
            from.zip(to).zip(kind).map(|((from, to), kind)| Excuse { member, from, to, kind, ground, prepared });
        let excuse = self.shaped(&caller, "ExcuseMonths", fields.finish(excuse)).await?;
        let recorded = self.desk.excuse_months(&caller, ticket, excuse).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::ExcuseMonthsResponse {
            outcome: outcome(&recorded, recorded.reply.is_prepared()),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            fact_id: recorded.reply.fact.filter(|_| !ticket.validate_only).map(id_text).unwrap_or_default(),
            prepared_id: prepared_id(&recorded, recorded.reply.is_prepared()),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }

    pub(super) async fn update_member_told(
        &self,
        request: Request<v1::UpdateMemberRequest>,
    ) -> Result<Response<v1::UpdateMemberResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let member = fields.id("member_id", &message.member_id);
        if message.etag.is_empty() {
            fields.missing("etag");
        }
        // A client need not understand an etag, so one that nobody issued is merely not the present one.
        let version = id_of(&message.etag).unwrap_or(-1);
        let names = (message.khmer_name.as_ref(), message.latin_name.as_ref());
        let particulars = particulars(&mut fields, "", names, message.sex, message.birth_date.as_ref());
        let more_identifiers = identifiers(&mut fields, "more_identifiers", &message.more_identifiers);
        let phone = if message.phone.is_empty() { None } else { phone(&mut fields, "phone", &message.phone) };
        let commune = commune(&mut fields, &message.commune_code);
        let update =
            particulars.map(|particulars| Update { member, version, particulars, more_identifiers, phone, commune });
        let update = self.shaped(&caller, "UpdateMember", fields.finish(update)).await?;
        let recorded = self.desk.update_member(&caller, ticket, update).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::UpdateMemberResponse {
            outcome: outcome(&recorded, false),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            etag: recorded.position.map(id_text).unwrap_or_default(),
        }))
    }
}
