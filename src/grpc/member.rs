//! MemberService on the wire.

pub(crate) mod correction;
mod household;

use tonic::{Request, Response, Status};

use crate::grpc::wire::{Fields, date, id_text, timestamp};
use crate::grpc::{Counter, at_least, decision, outcome, status, ticket, wire};
use crate::operation::failure::IdentifierKind;
use crate::operation::member::{Enrolment, Member, Registration, Selector};
use crate::operation::person::{BirthDate, Identifier, Particulars, Sex, same_number};
use crate::operation::transact::Ticket;
use crate::proto::google_type::Date;
use crate::proto::v1;
use crate::proto::v1::member_service_server::MemberService;

/// Identifiers that one person can be registered with.
const IDENTIFIERS_MOST: usize = 10;
/// Characters of a name, of a number and of a reason at most.
const NAME_MOST: usize = 100;
pub(crate) const NUMBER_MOST: usize = 64;
pub(crate) const REASON_MOST: usize = 500;
/// Members that a search answers at most.
const FOUND_MOST: usize = 50;
/// Digits of a commune's code.
const COMMUNE_DIGITS: usize = 6;

#[tonic::async_trait]
impl MemberService for Counter {
    async fn register_member(
        &self,
        request: Request<v1::RegisterMemberRequest>,
    ) -> Result<Response<v1::RegisterMemberResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let shaped = registration(self.fields(), &message);
        let (ticket, registration) = self.shaped(&caller, "RegisterMember", shaped).await?;
        let recorded = self.desk.register_member(&caller, ticket, registration).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::RegisterMemberResponse {
            outcome: outcome(&recorded, false),
            member_id: if ticket.validate_only { String::new() } else { id_text(recorded.reply) },
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
        }))
    }

    async fn get_member(
        &self,
        request: Request<v1::GetMemberRequest>,
    ) -> Result<Response<v1::GetMemberResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let member = fields.id("member_id", &message.member_id);
        let id = self.shaped(&caller, "GetMember", fields.finish(Some(member))).await?;
        let found = self.desk.get_member(id, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "GetMember", found).await?;
        let (found, decided) = &reading.answer;
        Ok(Response::new(v1::GetMemberResponse {
            member: Some(member_message(found)),
            decision: Some(decision::decision(decided)),
            position: self.position(reading.position),
        }))
    }

    async fn find_member(
        &self,
        request: Request<v1::FindMemberRequest>,
    ) -> Result<Response<v1::FindMemberResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let selector = match &message.selector {
            Some(v1::find_member_request::Selector::Identifier(number)) => {
                identifier(&mut fields, "identifier", Some(number)).map(Selector::Identifier)
            }
            Some(v1::find_member_request::Selector::Phone(number)) => {
                phone(&mut fields, "phone", number).map(Selector::Phone)
            }
            None => {
                fields.missing("selector");
                None
            }
        };
        let selector = self.shaped(&caller, "FindMember", fields.finish(selector)).await?;
        let found = self.desk.find_members(&selector, FOUND_MOST, at_least(message.at_least_position)).await;
        let reading = self.looked(&caller, "FindMember", found).await?;
        let (members, more) = &reading.answer;
        Ok(Response::new(v1::FindMemberResponse {
            members: members.iter().map(member_message).collect(),
            more: *more,
            position: self.position(reading.position),
        }))
    }

    async fn list_members(
        &self,
        request: Request<v1::ListMembersRequest>,
    ) -> Result<Response<v1::ListMembersResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let most = self.page_size(&mut fields, message.page_size);
        let after = Counter::page_start(&mut fields, &message.page_token);
        let (after, most) = self.shaped(&caller, "ListMembers", fields.finish(Some((after, most)))).await?;
        let from = at_least(message.at_least_position);
        let listed = if message.contested {
            self.desk.list_contested(after, most, from).await
        } else {
            self.desk.list_members(after, most, from).await
        };
        let reading = self.looked(&caller, "ListMembers", listed).await?;
        let (members, next) = &reading.answer;
        Ok(Response::new(v1::ListMembersResponse {
            members: members.iter().map(member_message).collect(),
            next_page_token: next.map(id_text).unwrap_or_default(),
            position: self.position(reading.position),
        }))
    }

    async fn enroll_member(
        &self,
        request: Request<v1::EnrollMemberRequest>,
    ) -> Result<Response<v1::EnrollMemberResponse>, Status> {
        let (caller, message) = Counter::admit(request)?;
        let mut fields = self.fields();
        let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
        let member = fields.id("member_id", &message.member_id);
        let on = fields.optional_day("on", message.on.as_ref());
        fields.at_most("reason", &message.reason, REASON_MOST);
        let reason = fields.optional_text("reason", &message.reason).unwrap_or_default();
        let enrolment = Enrolment { member, on, reason };
        let enrolment = self.shaped(&caller, "EnrollMember", fields.finish(Some(enrolment))).await?;
        let recorded = self.desk.enroll_member(&caller, ticket, enrolment).await.map_err(|f| status::of(&f))?;
        Ok(Response::new(v1::EnrollMemberResponse {
            outcome: outcome(&recorded, false),
            on: Some(date(recorded.reply.on)),
            decision: Some(decision::decision(&recorded.reply.decision)),
            position: self.position_of(&recorded),
            known_time: recorded.known.map(timestamp),
            standing_changes: self.standing_changes(caller.role, &recorded.reply.changes),
        }))
    }

    async fn set_household(
        &self,
        request: Request<v1::SetHouseholdRequest>,
    ) -> Result<Response<v1::SetHouseholdResponse>, Status> {
        self.set_household_told(request).await
    }

    async fn report_death(
        &self,
        request: Request<v1::ReportDeathRequest>,
    ) -> Result<Response<v1::ReportDeathResponse>, Status> {
        self.report_death_told(request).await
    }

    async fn retract_fact(
        &self,
        request: Request<v1::RetractFactRequest>,
    ) -> Result<Response<v1::RetractFactResponse>, Status> {
        self.retract_fact_told(request).await
    }

    async fn excuse_months(
        &self,
        request: Request<v1::ExcuseMonthsRequest>,
    ) -> Result<Response<v1::ExcuseMonthsResponse>, Status> {
        self.excuse_months_told(request).await
    }

    async fn update_member(
        &self,
        request: Request<v1::UpdateMemberRequest>,
    ) -> Result<Response<v1::UpdateMemberResponse>, Status> {
        self.update_member_told(request).await
    }
}

pub(super) fn registration(
    mut fields: Fields,
    message: &v1::RegisterMemberRequest,
) -> Result<(Ticket, Registration), Status> {
    let ticket = ticket(&mut fields, &message.request_id, message.validate_only);
    let names = (message.khmer_name.as_ref(), message.latin_name.as_ref());
    let particulars = particulars(&mut fields, "", names, message.sex, message.birth_date.as_ref());
    if message.identifiers.is_empty() {
        fields.missing("identifiers");
    }
    let identifiers = identifiers(&mut fields, "identifiers", &message.identifiers);
    let phone = if message.phone.is_empty() { None } else { phone(&mut fields, "phone", &message.phone) };
    let commune = commune(&mut fields, &message.commune_code);
    let registration = particulars.map(|particulars| Registration { particulars, identifiers, phone, commune });
    fields.finish(registration.map(|registration| (ticket, registration)))
}

/// Numbers of one person, none of them twice.
fn identifiers(fields: &mut Fields, path: &str, numbers: &[v1::Identifier]) -> Vec<Identifier> {
    if numbers.len() > IDENTIFIERS_MOST {
        fields.invalid(path, format!("must be at most {IDENTIFIERS_MOST}"));
    }
    let mut identifiers: Vec<Identifier> = Vec::new();
    for (index, number) in numbers.iter().take(IDENTIFIERS_MOST).enumerate() {
        let field = format!("{path}[{index}]");
        if let Some(identifier) = identifier(fields, &field, Some(number)) {
            if identifiers.iter().any(|other| same_number(other, &identifier)) {
                fields.invalid(&field, "must not be given twice");
            }
            identifiers.push(identifier);
        }
    }
    identifiers
}

/// The code of a commune; it may be empty.
fn commune(fields: &mut Fields, code: &str) -> Option<String> {
    let commune = fields.optional_text("commune_code", code);
    if commune.as_ref().is_some_and(|code| code.len() != COMMUNE_DIGITS || !code.bytes().all(|b| b.is_ascii_digit())) {
        fields.invalid("commune_code", "must have six digits, with leading zeros");
    }
    commune
}

/// Names, sex and birth date; `prefix` is the path of the message that holds them.
pub(crate) fn particulars(
    fields: &mut Fields,
    prefix: &str,
    (khmer, latin): (Option<&v1::PersonName>, Option<&v1::PersonName>),
    sex: i32,
    birth_date: Option<&Date>,
) -> Option<Particulars> {
    let path = |field: &str| format!("{prefix}{field}");
    let mut name = |field: &str, name: Option<&v1::PersonName>| {
        let name = name.cloned().unwrap_or_default();
        let mut part = |part: &str, text: &str| {
            let part = path(&format!("{field}.{part}"));
            fields.at_most(&part, text, NAME_MOST);
            fields.optional_text(&part, text).unwrap_or_default()
        };
        (part("family", &name.family), part("given", &name.given))
    };
    let (khmer, latin) = (name("khmer_name", khmer), name("latin_name", latin));
    if khmer.1.is_empty() && latin.1.is_empty() {
        fields.missing(&path("latin_name.given"));
    }
    let sex = match fields.choice::<v1::Sex>(&path("sex"), sex) {
        Some(v1::Sex::Female) => Some(Sex::Female),
        Some(v1::Sex::Male) => Some(Sex::Male),
        Some(v1::Sex::Unspecified) | None => None,
    };
    let birth = birth(fields, &path("birth_date"), birth_date);
    Some(Particulars { khmer, latin, sex: sex?, birth: birth? })
}

/// A birth date of which month and day may be unknown.
pub(crate) fn birth(fields: &mut Fields, field: &str, date: Option<&Date>) -> Option<BirthDate> {
    let Some(date) = date else {
        fields.missing(field);
        return None;
    };
    let year = u16::try_from(date.year).ok().filter(|year| (1900..=2199).contains(year));
    let part = |number: i32| if number == 0 { Some(None) } else { u8::try_from(number).ok().map(Some) };
    let parts = year.zip(part(date.month)).zip(part(date.day));
    let birth = parts.map(|((year, month), day)| BirthDate { year, month, day });
    let real = birth.filter(|birth| match (birth.month, birth.day) {
        (Some(month), Some(day)) => krama_law::calendar::Day::of(i32::from(birth.year), month, day).is_some(),
        (Some(month), None) => (1..=12).contains(&month),
        (None, day) => day.is_none(),
    });
    if real.is_none() {
        fields.invalid(field, "must be a day, a month of a year, or a year between 1900 and 2199");
    }
    real
}

/// A number of a kind.
pub(crate) fn identifier(fields: &mut Fields, field: &str, identifier: Option<&v1::Identifier>) -> Option<Identifier> {
    let Some(identifier) = identifier else {
        fields.missing(field);
        return None;
    };
    let kind = fields.choice::<v1::IdentifierKind>(&format!("{field}.kind"), identifier.kind);
    fields.at_most(&format!("{field}.value"), identifier.value.trim(), NUMBER_MOST);
    let value = fields.text(&format!("{field}.value"), &identifier.value);
    let kind = kind.and_then(|kind| IdentifierKind::of(i16::try_from(i32::from(kind)).ok()?));
    (!value.is_empty()).then_some(Identifier { kind: kind?, value })
}

/// A phone number: eight to fifteen digits, however they are grouped.
pub(crate) fn phone(fields: &mut Fields, field: &str, text: &str) -> Option<String> {
    let text = fields.text(field, text);
    // Digits in Khmer script count; other signs that stand for numbers do not, since they would not be compared.
    let is_digit = |c: char| c.is_ascii_digit() || ('០'..='៩').contains(&c);
    let digits = text.chars().filter(|c| is_digit(*c)).count();
    let plain = text.chars().all(|c| is_digit(c) || "+-() .".contains(c));
    if !text.is_empty() && (!(8..=15).contains(&digits) || !plain) {
        fields.invalid(field, "must be a phone number such as +855 12 345 678");
    }
    Some(text)
}

pub(crate) fn identifier_message(identifier: &Identifier) -> v1::Identifier {
    v1::Identifier { kind: i32::from(identifier.kind.number()), value: identifier.value.clone() }
}

fn member_message(member: &Member) -> v1::Member {
    let details = &member.details;
    let name = |family: &String, given: &String| v1::PersonName { family: family.clone(), given: given.clone() };
    v1::Member {
        member_id: id_text(member.id),
        khmer_name: Some(name(&details.family_khmer, &details.given_khmer)),
        latin_name: Some(name(&details.family_latin, &details.given_latin)),
        sex: i32::from(details.sex),
        birth_date: Some(Date {
            year: i32::from(details.birth_year.unwrap_or_default()),
            month: i32::from(details.birth_month.unwrap_or_default()),
            day: i32::from(details.birth_day.unwrap_or_default()),
        }),
        identifiers: member.identifiers.iter().map(identifier_message).collect(),
        phone: details.phone.clone().unwrap_or_default(),
        commune_code: details.commune.clone().unwrap_or_default(),
        register_time: Some(wire::timestamp(member.registered)),
        etag: id_text(member.version),
    }
}
