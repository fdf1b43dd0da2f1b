//! How a subcommand speaks to a server: one channel for one caller, who names itself in the metadata of each call.
//!
//! A caller may name itself in a sandbox on loopback only, so nothing here is a way into a server in earnest. Absent
//! on purpose: any retry; a person at a terminal sees what happened and decides.

mod refusal;

use std::time::Duration;

use anyhow::{Context, anyhow};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

pub(super) use refusal::Refusal;

const CONNECT_SECONDS: u64 = 5;
const CALL_SECONDS: u64 = 60;
const KEEPALIVE_SECONDS: u64 = 20;

/// A channel on which every call names its caller.
pub(super) type Wire = InterceptedService<Channel, Caller>;

/// Which server to ask, and in whose name.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ServerArgs {
    /// Address of the server.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7411")]
    pub(super) server: String,
    /// Who calls; each subcommand has a caller of its own when this is left out.
    #[arg(long, value_name = "ROLE/ID")]
    pub(super) caller: Option<String>,
    /// The person at the keyboard, as their own organisation names them.
    #[arg(long, value_name = "NAME", default_value = "terminal")]
    pub(super) user: String,
    /// Why the record is read: care, payroll, collection, referral, appeal, correction, oversight or own.
    #[arg(long, value_name = "PURPOSE")]
    pub(super) purpose: Option<String>,
    /// The visit, file or ticket that the read serves.
    #[arg(long, value_name = "REFERENCE", default_value = "terminal")]
    pub(super) case: String,
}

impl ServerArgs {
    /// Opens a channel in the name of the caller that was typed, or else of the one given here.
    ///
    /// # Errors
    /// The address or a name is malformed, or nothing answers there.
    pub(super) async fn connect(&self, caller: &str, purpose: &str) -> anyhow::Result<Wire> {
        let caller = Caller::named(self.caller.as_deref().unwrap_or(caller))?;
        let purpose = self.purpose.as_deref().unwrap_or(purpose);
        connect(&self.server, caller.reading(&self.user, purpose, &self.case)?).await
    }
}

/// Who calls and, for reads about a person, who stands behind and why.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    entries: Vec<(&'static str, MetadataValue<Ascii>)>,
}

impl Caller {
    /// A caller by role and id, such as `OFFICER/desk-phnom-penh`.
    ///
    /// # Errors
    /// The text cannot travel in metadata.
    pub(super) fn named(caller: &str) -> anyhow::Result<Caller> {
        Ok(Caller { entries: vec![("krama-caller", entry(caller)?)] })
    }

    /// The same caller with what every read about a person must say.
    ///
    /// # Errors
    /// A text cannot travel in metadata.
    pub(super) fn reading(mut self, user: &str, purpose: &str, case: &str) -> anyhow::Result<Caller> {
        self.entries.push(("krama-user", entry(user)?));
        self.entries.push(("krama-purpose", entry(purpose)?));
        self.entries.push(("krama-case", entry(case)?));
        Ok(self)
    }
}

fn entry(text: &str) -> anyhow::Result<MetadataValue<Ascii>> {
    let value = text.parse().ok().filter(|_| text.is_ascii());
    value.ok_or_else(|| anyhow!("`{text}` cannot be sent: names of callers, users and cases are plain ASCII"))
}

impl Interceptor for Caller {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (key, value) in &self.entries {
            request.metadata_mut().insert(*key, value.clone());
        }
        Ok(request)
    }
}

/// Opens a channel for a caller.
///
/// # Errors
/// The address is malformed, or nothing answers there.
pub(super) async fn connect(server: &str, caller: Caller) -> anyhow::Result<Wire> {
    let endpoint = Endpoint::from_shared(server.to_owned())
        .with_context(|| format!("`{server}` is no address; write it like http://127.0.0.1:7411"))?
        .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
        // A stream whose line fell silent breaks, and is taken up again.
        .http2_keep_alive_interval(Duration::from_secs(KEEPALIVE_SECONDS))
        .keep_alive_timeout(Duration::from_secs(KEEPALIVE_SECONDS))
        .timeout(Duration::from_secs(CALL_SECONDS));
    let channel = endpoint.connect().await.map_err(|_| {
        anyhow!("nothing answers at {server}\nWhat to do: start a sandbox with `krama demo`, or name another --server.")
    })?;
    Ok(InterceptedService::new(channel, caller))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_names_itself_and_its_reason_in_every_call() {
        let caller = Caller::named("FACILITY/lotus-hospital").and_then(|c| c.reading("dara", "care", "visit-7"));
        let request = caller.unwrap().call(Request::new(())).unwrap();
        let told = |key: &str| request.metadata().get(key).unwrap().to_str().unwrap().to_owned();
        assert_eq!(told("krama-caller"), "FACILITY/lotus-hospital");
        assert_eq!(told("krama-user"), "dara");
        assert_eq!(told("krama-purpose"), "care");
        assert_eq!(told("krama-case"), "visit-7");
    }

    #[test]
    fn a_name_that_metadata_cannot_carry_is_refused_before_the_call() {
        assert!(Caller::named("OFFICER/ដារា").unwrap_err().to_string().contains("ASCII"));
    }
}
