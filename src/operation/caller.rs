//! The caller: who asks, in which role, on whose behalf and for what purpose.
//!
//! A typed value from the first day on, made by the counter from credentials. What a role may do stands in the
//! contract; which employers a payroll provider may speak for is decided here and in the ledger of grants.

/// The role of a calling system.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// A payroll provider or an employer.
    Payroll,
    /// A bank or wallet that takes contributions.
    Collector,
    /// A hospital or health centre.
    Facility,
    /// The poverty registry.
    PovertyRegistry,
    /// The hotline, for a member whose identity it has verified.
    Agent,
    /// The member's own application.
    Member,
    /// Staff of the fund.
    Officer,
    /// A second pair of eyes among the staff.
    Supervisor,
    /// An internal service.
    Service,
    /// Oversight.
    Auditor,
}

impl Role {
    /// Every role, in the order of the contract.
    pub const ALL: [Role; 10] = [
        Role::Payroll,
        Role::Collector,
        Role::Facility,
        Role::PovertyRegistry,
        Role::Agent,
        Role::Member,
        Role::Officer,
        Role::Supervisor,
        Role::Service,
        Role::Auditor,
    ];

    /// The name of the role in the contract, without its prefix.
    pub fn name(self) -> &'static str {
        match self {
            Role::Payroll => "PAYROLL",
            Role::Collector => "COLLECTOR",
            Role::Facility => "FACILITY",
            Role::PovertyRegistry => "POVERTY_REGISTRY",
            Role::Agent => "AGENT",
            Role::Member => "MEMBER",
            Role::Officer => "OFFICER",
            Role::Supervisor => "SUPERVISOR",
            Role::Service => "SERVICE",
            Role::Auditor => "AUDITOR",
        }
    }

    /// The number of the role in the contract and in the ledger.
    pub fn number(self) -> i16 {
        let index = Role::ALL.iter().position(|&role| role == self).unwrap_or(0);
        i16::try_from(index).unwrap_or(0) + 1
    }

    /// Whether the role belongs to the fund's own staff, who may learn that a person does not exist.
    pub fn is_staff(self) -> bool {
        match self {
            Role::Agent | Role::Officer | Role::Supervisor => true,
            Role::Payroll
            | Role::Collector
            | Role::Facility
            | Role::PovertyRegistry
            | Role::Member
            | Role::Service
            | Role::Auditor => false,
        }
    }
}

/// Why a person's record is looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// Care at a facility.
    Care,
    /// Payroll reporting.
    Payroll,
    /// Collection of contributions.
    Collection,
    /// A referral to social assistance.
    Referral,
    /// An appeal.
    Appeal,
    /// A correction.
    Correction,
    /// Oversight.
    Oversight,
    /// The member's own wish.
    Own,
}

impl Purpose {
    /// Every purpose, in the order of their numbers in the ledger.
    pub const ALL: [Purpose; 8] = [
        Purpose::Care,
        Purpose::Payroll,
        Purpose::Collection,
        Purpose::Referral,
        Purpose::Appeal,
        Purpose::Correction,
        Purpose::Oversight,
        Purpose::Own,
    ];

    /// The word for the purpose in the metadata of a call.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Care => "care",
            Purpose::Payroll => "payroll",
            Purpose::Collection => "collection",
            Purpose::Referral => "referral",
            Purpose::Appeal => "appeal",
            Purpose::Correction => "correction",
            Purpose::Oversight => "oversight",
            Purpose::Own => "own",
        }
    }

    /// The number of the purpose in the ledger.
    pub(crate) fn number(self) -> i16 {
        let index = Purpose::ALL.iter().position(|&purpose| purpose == self).unwrap_or(0);
        i16::try_from(index).unwrap_or(0) + 1
    }
}

/// Who calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The calling system.
    pub id: String,
    /// Its role.
    pub role: Role,
    /// The employers to which its credentials confine it; none: all that granted it access.
    pub employers: Option<Vec<i64>>,
    /// The person behind the system.
    pub user: Option<String>,
    /// Why a person's record is looked at.
    pub purpose: Option<Purpose>,
    /// The case, visit or ticket that the call belongs to.
    pub case: Option<String>,
}

impl Caller {
    /// Whether the credentials let the caller speak for an employer at all; a grant must stand besides.
    pub(crate) fn may_speak_for(&self, employer: i64) -> bool {
        self.employers.as_ref().is_none_or(|employers| employers.contains(&employer))
    }
}
