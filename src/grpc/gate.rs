//! The gate: who calls, whether the role may, and for how long; the one layer before every service.
//!
//! The matrix of roles is read from the contract itself: an RPC without roles keeps the server from starting, and
//! what no role is named for is denied. Absent: anything about the content of a request.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderMap;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};
use tokio::sync::watch;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::grpc::status::{self, status};
use crate::grpc::wire;
use crate::operation::Desk;
use crate::operation::caller::{Caller, Purpose, Role};
use crate::operation::failure::Failure;

/// The full name of the option by which an RPC declares its roles.
const OPTION: &str = "krama.v1.access";
/// Services that everybody may call: they tell nothing that the contract does not.
const OPEN: [&str; 2] = ["/grpc.health.v1.Health/", "/grpc.reflection."];
/// The longest entry of metadata about a caller.
const METADATA_BYTES: usize = 256;

/// Who may call an RPC.
#[derive(Clone, Debug)]
struct Rule {
    method: String,
    roles: Vec<Role>,
    reads_person: bool,
}

/// The matrix of roles, by the path of each RPC.
#[derive(Clone, Debug)]
pub struct Matrix {
    rules: HashMap<String, Rule>,
}

/// A contract without roles for some RPC.
#[derive(Debug, thiserror::Error)]
pub enum BadContract {
    /// The descriptors cannot be read.
    #[error("the descriptors of the contract cannot be read: {0}")]
    Unreadable(String),
    /// An RPC declares no roles.
    #[error("the RPC {0} declares no roles")]
    NoRoles(String),
}

impl Matrix {
    /// Reads the matrix from the encoded descriptors of a contract.
    ///
    /// # Errors
    /// The descriptors cannot be read, or an RPC of the contract declares no roles.
    pub fn read(descriptors: &[u8]) -> Result<Matrix, BadContract> {
        let unreadable = |what: &str| BadContract::Unreadable(what.to_owned());
        let pool = DescriptorPool::decode(descriptors).map_err(|error| unreadable(&error.to_string()))?;
        let option = pool.get_extension_by_name(OPTION).ok_or_else(|| unreadable(OPTION))?;
        let mut rules = HashMap::new();
        let services = pool.services().filter(|service| service.package_name().starts_with("krama."));
        for rpc in services.flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let path = format!("/{}/{}", rpc.parent_service().full_name(), rpc.name());
            let options = rpc.options();
            let access = options.get_extension(&option);
            let access = access.as_message().ok_or_else(|| unreadable(&path))?;
            let roles = roles_of(access);
            if roles.is_empty() {
                return Err(BadContract::NoRoles(path));
            }
            let reads_person =
                access.get_field_by_name("reads_person").and_then(|value| value.as_bool()).unwrap_or_default();
            rules.insert(path, Rule { method: rpc.name().to_owned(), roles, reads_person });
        }
        Ok(Matrix { rules })
    }

    /// The matrix as text, a line an RPC, for people to read.
    pub fn to_text(&self) -> String {
        let mut lines: Vec<String> = self
            .rules
            .iter()
            .map(|(path, rule)| {
                let roles: Vec<&str> = rule.roles.iter().map(|role| role.name()).collect();
                let person = if rule.reads_person { "  (reads about a person)" } else { "" };
                format!("{path}  {}{person}", roles.join(" "))
            })
            .collect();
        lines.sort();
        lines.join("\n") + "\n"
    }
}

fn roles_of(access: &DynamicMessage) -> Vec<Role> {
    let roles = access.get_field_by_name("roles");
    let numbers = roles.as_ref().and_then(|value| value.as_list()).unwrap_or_default();
    let role = |number: &Value| {
        let number = number.as_enum_number()?;
        Role::ALL.into_iter().find(|role| i32::from(role.number()) == number)
    };
    numbers.iter().filter_map(role).collect()
}

/// What the gate needs besides the matrix.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) matrix: Arc<Matrix>,
    pub(crate) desk: Arc<Desk>,
    /// Whether callers may name themselves.
    pub(crate) sandbox: bool,
    /// The longest time that a call may take.
    pub(crate) longest: Duration,
    /// The largest message that is read.
    pub(crate) message_bytes: usize,
    /// Set when the server is about to stop.
    pub(crate) draining: watch::Receiver<bool>,
}

/// A call that did not pass the gate.
struct TurnedAway {
    /// Who called, as far as that is known.
    caller: Option<Caller>,
    reason: &'static str,
    status: Status,
}

fn turned_away(caller: Option<Caller>, reason: &'static str, status: Status) -> Box<TurnedAway> {
    Box::new(TurnedAway { caller, reason, status })
}

impl Gate {
    /// The caller of an RPC, if it may call it.
    fn admit(&self, rule: &Rule, headers: &HeaderMap) -> Result<Caller, Box<TurnedAway>> {
        if *self.draining.borrow() {
            let message = "the server is about to stop; send the call again";
            return Err(turned_away(None, "DRAINING", status::passing(message, &Failure::Stopping)));
        }
        let mut caller = self.caller(headers).map_err(|(reason, status)| turned_away(None, reason, status))?;
        if !rule.roles.contains(&caller.role) {
            let metadata = [("role", caller.role.name().to_owned()), ("method", rule.method.clone())];
            let denied = status(Code::PermissionDenied, "the role may not call this", "ROLE_NOT_ALLOWED", &metadata);
            return Err(turned_away(Some(caller), "ROLE_NOT_ALLOWED", denied));
        }
        let purpose = text_of(headers, "krama-purpose");
        caller.purpose =
            purpose.as_deref().and_then(|word| Purpose::ALL.into_iter().find(|known| known.name() == word));
        if purpose.is_some() && caller.purpose.is_none() {
            let words: Vec<&str> = Purpose::ALL.iter().map(|purpose| purpose.name()).collect();
            let message = format!("krama-purpose must be one of {}", words.join(", "));
            let metadata = [("key", "krama-purpose".to_owned())];
            let refused = status(Code::InvalidArgument, &message, "PURPOSE_MISSING", &metadata);
            return Err(turned_away(Some(caller), "PURPOSE_MISSING", refused));
        }
        if rule.reads_person {
            let missing = [
                ("krama-user", caller.user.is_none()),
                ("krama-purpose", caller.purpose.is_none()),
                ("krama-case", caller.case.is_none()),
            ];
            if let Some((key, _)) = missing.into_iter().find(|(_, missing)| *missing) {
                let message = format!("{key} is required to read about a person");
                let metadata = [("key", key.to_owned())];
                let refused = status(Code::InvalidArgument, &message, "PURPOSE_MISSING", &metadata);
                return Err(turned_away(Some(caller), "PURPOSE_MISSING", refused));
            }
        }
        Ok(caller)
    }

    /// Who the headers say is calling. Only a sandbox believes them; outside it nobody can call yet.
    fn caller(&self, headers: &HeaderMap) -> Result<Caller, (&'static str, Status)> {
        let mut names = headers.get_all("krama-caller").iter();
        let Some(named) = names.next().filter(|_| self.sandbox) else {
            let message = "the call does not say who is calling";
            return Err(("CALLER_MISSING", status(Code::Unauthenticated, message, "CALLER_MISSING", &[])));
        };
        // Two names are no name: which of them a proxy checked cannot be told.
        let named = names.next().is_none().then(|| named.to_str().ok()).flatten();
        let caller = named.and_then(|named| parse_caller(named.trim())).ok_or_else(|| {
            let message = "krama-caller must read ROLE/id, such as PAYROLL/sovann-payroll;employer=ID";
            ("CALLER_INVALID", status(Code::Unauthenticated, message, "CALLER_INVALID", &[]))
        })?;
        let (user, case) = (text_of(headers, "krama-user"), text_of(headers, "krama-case"));
        Ok(Caller { user, case, ..caller })
    }
}

/// A caller as a sandbox lets it name itself: `ROLE/id` and, where it is confined, `;employer=ID,ID`.
fn parse_caller(text: &str) -> Option<Caller> {
    let (who, scope) = text.split_once(';').map_or((text, None), |(who, scope)| (who, Some(scope)));
    let (role, id) = who.split_once('/')?;
    let role = Role::ALL.into_iter().find(|known| known.name() == role)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    if id.is_empty() || id.len() > METADATA_BYTES || !id.chars().all(plain) {
        return None;
    }
    let employers = match scope {
        None => None,
        // Only payroll is confined to employers; a scope that would be passed over is a mistake.
        Some(_) if role != Role::Payroll => return None,
        Some(scope) => Some(scope.strip_prefix("employer=")?.split(',').map(wire::id_of).collect::<Option<Vec<_>>>()?),
    };
    Some(Caller { id: id.to_owned(), role, employers, user: None, purpose: None, case: None })
}

/// A short text in the metadata of a call.
fn text_of(headers: &HeaderMap, key: &str) -> Option<String> {
    let text = headers.get(key)?.to_str().ok()?.trim();
    (!text.is_empty() && text.len() <= METADATA_BYTES).then(|| text.to_owned())
}

/// How long the caller is ready to wait, as gRPC writes it: a number and a unit.
fn patience(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number.saturating_mul(3_600))),
        "M" => Some(Duration::from_secs(number.saturating_mul(60))),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

impl<S> Layer<S> for Gate {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { gate: Arc::new(self.clone()), inner }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub(crate) struct Guarded<S> {
    gate: Arc<Gate>,
    inner: S,
}

impl<S> Service<http::Request<Body>> for Guarded<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let gate = self.gate.clone();
        // The service that was polled ready is the one to call.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        Box::pin(async move {
            let path = request.uri().path();
            let rule = gate.matrix.rules.get(path);
            let Some(rule) = rule.filter(|_| !OPEN.iter().any(|open| path.starts_with(open))) else {
                return inner.call(request).await;
            };
            let caller = match gate.admit(rule, request.headers()) {
                Ok(caller) => Arc::new(caller),
                Err(away) => {
                    gate.desk.note_refusal(away.caller.as_ref(), &rule.method, away.reason).await;
                    return Ok(away.status.into_http());
                }
            };
            let longest = patience(request.headers()).map_or(gate.longest, |patience| patience.min(gate.longest));
            // The deadline is kept here, so that it ends as DEADLINE_EXCEEDED and not as the framework's CANCELLED.
            request.headers_mut().remove("grpc-timeout");
            let span = tracing::info_span!("call", method = %rule.method, role = caller.role.name());
            request.extensions_mut().insert(caller.clone());
            let response = match tokio::time::timeout(longest, inner.call(request).instrument(span)).await {
                Ok(response) => response?,
                Err(_) => return Ok(status::late().into_http()),
            };
            let Some((reason, refused)) = status::of_framework(&response, gate.message_bytes) else {
                return Ok(response);
            };
            gate.desk.note_refusal(Some(&caller), &rule.method, reason).await;
            Ok(refused.into_http())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_names_its_role_its_id_and_its_employers() {
        let caller = parse_caller("OFFICER/desk-1").unwrap();
        assert_eq!((caller.role, caller.id.as_str(), caller.employers), (Role::Officer, "desk-1", None));
        let employer = wire::id_text(77);
        let caller = parse_caller(&format!("PAYROLL/sovann;employer={employer}")).unwrap();
        assert_eq!(caller.employers, Some(vec![77]));
        for bad in ["OFFICER", "OFFICER/", "officer/a", "OFFICER/a b", "PAYROLL/a;employer=1", "PAYROLL/a;x=1", "/a"] {
            assert!(parse_caller(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn every_rpc_of_the_contract_declares_roles() {
        let matrix = Matrix::read(crate::proto::DESCRIPTORS).unwrap();
        assert!(matrix.rules.len() >= 17, "{}", matrix.to_text());
        assert!(matches!(Matrix::read(b"nonsense"), Err(BadContract::Unreadable(_))));
    }
}
