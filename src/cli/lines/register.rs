//! A row of an older register: a person, an employer, an enrolment, what payroll reported, a payment.

use super::{Column, Line, Wrong, payment, report, request_id};
use crate::cli::civil;
use crate::grpc::register::Entry;
use crate::proto::v1::{
    Identifier, IdentifierKind, PersonName, RegisterEmployerRequest, RegisterMemberRequest, Sector,
};

/// A file of a register.
pub(in crate::cli) struct Kind {
    /// Its name in the folder.
    pub(in crate::cli) file: &'static str,
    pub(in crate::cli) columns: &'static [Column],
    /// The entry of a line.
    pub(in crate::cli) entry: fn(&Line) -> Result<Entry, Wrong>,
}

/// The files of a register. Of two rows that became known at the same instant, the one of the earlier file goes first.
pub(in crate::cli) const KINDS: [Kind; 5] = [
    Kind { file: "people.csv", columns: PEOPLE, entry: person },
    Kind { file: "employers.csv", columns: EMPLOYERS, entry: employer },
    Kind { file: "enrolments.csv", columns: ENROLMENTS, entry: enrolment },
    Kind { file: "employments.csv", columns: report::COLUMNS, entry: reported },
    Kind { file: "payments.csv", columns: payment::COLUMNS, entry: paid },
];

const fn required(name: &'static str, holds: &'static str) -> Column {
    Column { name, also: &[], required: true, holds }
}

const fn optional(name: &'static str, holds: &'static str) -> Column {
    Column { name, also: &[], required: false, holds }
}

const KNOWN_AT: Column = required("known_at", "when it became known: a day, or an instant");

const PEOPLE: &[Column] = &[
    KNOWN_AT,
    required("member_number", "the fund's number of the person"),
    optional("national_id", "identity number"),
    optional("certificate_number", "registration certificate"),
    optional("family_name_khmer", "family name in Khmer letters"),
    optional("given_name_khmer", "given name in Khmer letters"),
    optional("family_name_latin", "family name in Latin letters"),
    optional("given_name_latin", "given name in Latin letters"),
    required("sex", "F or M"),
    required("birth_date", "a day, or the year alone"),
    optional("phone", "phone number"),
    optional("commune_code", "commune of residence, six digits"),
];

const EMPLOYERS: &[Column] = &[
    KNOWN_AT,
    required("employer_number", "the fund's number of the enterprise"),
    optional("name_khmer", "name in Khmer letters"),
    optional("name_latin", "name in Latin letters"),
    required("sector", "private or public"),
];

const ENROLMENTS: &[Column] = &[
    KNOWN_AT,
    required("member_number", "the fund's number of the person"),
    required("enrolled_on", "day from which the person is a voluntary member"),
];

fn person(line: &Line) -> Result<Entry, Wrong> {
    let member_number = line.filled("member_number")?;
    let numbers = [
        (IdentifierKind::MemberNumber, member_number),
        (IdentifierKind::NationalId, line.text("national_id")),
        (IdentifierKind::RegistrationCertificate, line.text("certificate_number")),
    ];
    let given = numbers.into_iter().filter(|(_, value)| !value.is_empty());
    let name =
        |family, given| Some(PersonName { family: line.text(family).to_owned(), given: line.text(given).to_owned() });
    Ok(Entry::Person(Box::new(RegisterMemberRequest {
        request_id: request_id(&["registration", member_number]),
        validate_only: false,
        khmer_name: name("family_name_khmer", "given_name_khmer"),
        latin_name: name("family_name_latin", "given_name_latin"),
        sex: line.sex("sex")?.into(),
        birth_date: Some(line.birth_date("birth_date")?),
        identifiers: given.map(|(kind, value)| Identifier { kind: kind.into(), value: value.to_owned() }).collect(),
        phone: line.text("phone").to_owned(),
        commune_code: line.text("commune_code").to_owned(),
    })))
}

fn employer(line: &Line) -> Result<Entry, Wrong> {
    let number = line.filled("employer_number")?;
    Ok(Entry::Employer(RegisterEmployerRequest {
        request_id: request_id(&["employer", number]),
        validate_only: false,
        enterprise_number: number.to_owned(),
        khmer_name: line.text("name_khmer").to_owned(),
        latin_name: line.text("name_latin").to_owned(),
        sector: match line.filled("sector")? {
            "private" => Sector::Private.into(),
            "public" => Sector::Public.into(),
            other => return Err(Wrong::new("sector", format!("`{other}` is no sector; write private or public"))),
        },
    }))
}

fn enrolment(line: &Line) -> Result<Entry, Wrong> {
    let (number, on) = (line.filled("member_number")?, line.day("enrolled_on")?);
    let request_id = request_id(&["enrolment", number, &on.to_string()]);
    Ok(Entry::Enrolment(request_id, number.to_owned(), civil::wire(on)))
}

fn reported(line: &Line) -> Result<Entry, Wrong> {
    Ok(Entry::Report(Box::new(report::transition(line, line.filled("employer_no")?)?)))
}

fn paid(line: &Line) -> Result<Entry, Wrong> {
    Ok(Entry::Payment(Box::new(payment::request(line, "")?)))
}
