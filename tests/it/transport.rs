//! The wire itself: health, reflection, compression, and the size of a message.

use std::time::Duration;

use http::uri::PathAndQuery;
use krama::proto::v1::contribution_service_client::ContributionServiceClient;
use krama::proto::v1::member_service_client::MemberServiceClient;
use krama::proto::{DESCRIPTORS, v1};
use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::{v1 as reflection, v1alpha};

use crate::book::UNCHANGED;
use crate::refusal::{invalid, no};
use crate::say::{name, payment, registration};
use crate::world::{COLLECTOR, OFFICER, World, said};

const TODAY: &str = "2026-03-10";
/// How long a watcher waits for what it was promised; a deadline of the test, not of the server.
const PATIENCE: Duration = Duration::from_secs(10);
const SERVICES: [&str; 5] = [
    "krama.sandbox.v1.SandboxService",
    "krama.v1.ContributionService",
    "krama.v1.CoverageService",
    "krama.v1.EmploymentService",
    "krama.v1.MemberService",
];

async fn reflected(channel: Channel, ask: MessageRequest) -> Option<MessageResponse> {
    let request = reflection::ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
    let mut client = ServerReflectionClient::new(channel);
    let stream = client.server_reflection_info(tokio_stream::iter([request])).await.expect("reflection is served");
    let reply = stream.into_inner().message().await.ok().flatten()?;
    reply.message_response.filter(|response| !matches!(response, MessageResponse::ErrorResponse(_)))
}

/// The file that defines a symbol, and those that it builds on, as they are sent.
async fn files_of(channel: Channel, symbol: &str) -> Vec<Vec<u8>> {
    match reflected(channel, MessageRequest::FileContainingSymbol(symbol.to_owned())).await {
        Some(MessageResponse::FileDescriptorResponse(files)) => files.file_descriptor_proto,
        _ => Vec::new(),
    }
}

async fn listed(channel: Channel) -> Vec<String> {
    let Some(MessageResponse::ListServicesResponse(list)) =
        reflected(channel, MessageRequest::ListServices(String::new())).await
    else {
        panic!("services can be listed");
    };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn health_is_told_to_everybody_for_the_server_and_each_service() {
    let world = World::on(TODAY).await;
    let mut health = HealthClient::new(world.channel.clone());
    for service in SERVICES.into_iter().chain([""]) {
        let reply = health.check(HealthCheckRequest { service: service.to_owned() }).await.expect("an answer");
        assert_eq!(reply.into_inner().status(), ServingStatus::Serving, "{service:?}");
    }
    let unknown = health.check(HealthCheckRequest { service: "krama.v1.Nothing".to_owned() }).await;
    assert_eq!(unknown.expect_err("no such service").code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_lists_the_services_and_explains_the_details_of_errors() {
    let world = World::on(TODAY).await;
    let names = listed(world.channel.clone()).await;
    for service in SERVICES.into_iter().chain(["grpc.health.v1.Health"]) {
        assert!(names.iter().any(|name| name == service), "{service} is not in {names:?}");
        assert!(!files_of(world.channel.clone(), service).await.is_empty(), "{service}");
    }
    let details =
        ["ErrorInfo", "BadRequest", "RetryInfo", "PreconditionFailure"].map(|name| format!("google.rpc.{name}"));
    for symbol in details.iter().map(String::as_str).chain(["google.rpc.Status", "krama.v1.ErrorReason"]) {
        assert!(!files_of(world.channel.clone(), symbol).await.is_empty(), "{symbol} is not reflected");
    }
    assert!(files_of(world.channel.clone(), "krama.v1.Nothing").await.is_empty());
}

#[tokio::test]
async fn reflection_tells_the_roles_and_paths_that_the_contract_declares() {
    let world = World::on(TODAY).await;
    let files = files_of(world.channel.clone(), "krama.v1.MemberService").await;
    let own = |bytes: &&Vec<u8>| {
        let file = FileDescriptorProto::decode(bytes.as_slice()).expect("a descriptor");
        file.service.iter().any(|service| service.name() == "MemberService")
    };
    let file = files.iter().find(own).expect("the file of the service");
    // Options of our own are lost where a descriptor is decoded and encoded again: it has to come through untouched.
    let whole = DESCRIPTORS.windows(file.len()).any(|part| part == file.as_slice());
    assert!(whole, "{} bytes that are not the contract's", file.len());
}

#[tokio::test]
async fn reflection_speaks_its_older_version_too() {
    let world = World::on(TODAY).await;
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(world.channel.clone());
    let ask = v1alpha::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = v1alpha::ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
    let stream = client.server_reflection_info(tokio_stream::iter([request])).await.expect("reflection is served");
    let reply = stream.into_inner().message().await.expect("an answer").expect("an answer");
    let Some(v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list)) = reply.message_response
    else {
        panic!("services can be listed");
    };
    assert!(list.service.iter().any(|service| service.name == "krama.v1.MemberService"));
}

#[tokio::test]
async fn a_server_in_earnest_does_not_speak_of_a_sandbox() {
    let world = World::with(TODAY, |config| config.sandbox.enabled = false).await;
    let names = listed(world.channel.clone()).await;
    assert!(names.iter().all(|name| !name.contains("sandbox")), "{names:?}");
    assert!(files_of(world.channel.clone(), "krama.sandbox.v1.SandboxService").await.is_empty());
    assert!(!files_of(world.channel.clone(), "krama.v1.MemberService").await.is_empty());
    let mut health = HealthClient::new(world.channel.clone());
    let sandbox = HealthCheckRequest { service: SERVICES[0].to_owned() };
    assert_eq!(health.check(sandbox).await.expect_err("there is none").code(), Code::NotFound);
}

#[tokio::test]
async fn messages_are_compressed_both_ways_for_who_asks_for_it() {
    let world = World::on(TODAY).await;
    for number in 1..=20 {
        world.member(number).await;
    }
    let ask = |said| {
        let mut request = Request::new(v1::ListMembersRequest::default());
        *request.metadata_mut() = said;
        request
    };
    let mut plain = MemberServiceClient::new(world.channel.clone());
    let mut packed = plain.clone().send_compressed(Gzip).accept_compressed(Gzip);
    let plain = plain.list_members(ask(said(OFFICER))).await.expect("members");
    let packed = packed.list_members(ask(said(OFFICER))).await.expect("members");
    let encoding = |reply: &tonic::Response<v1::ListMembersResponse>| {
        reply.metadata().get("grpc-encoding").and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    assert_eq!((encoding(&plain), encoding(&packed)), (None, Some("gzip".to_owned())));
    assert_eq!(plain.into_inner().members, packed.into_inner().members);
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_and_the_connection_lives_on() {
    let world = World::with(TODAY, |config| config.limits.message_bytes = 16_384).await;
    let large = |bytes: usize| v1::RegisterMemberRequest {
        latin_name: Some(name("Chea", &"a".repeat(bytes))),
        ..registration(1)
    };
    let too_large = no(Code::ResourceExhausted, "REQUEST_TOO_LARGE");
    let told = world.refuses(OFFICER, large(20_000), too_large).await;
    assert_eq!((told.metadata["limit"].as_str(), told.metadata["unit"].as_str()), ("16384", "bytes"));
    world.refuses(OFFICER, large(8_000), invalid("latin_name.given")).await;
    world.takes(OFFICER, registration(1)).await;
}

#[tokio::test]
async fn bytes_that_are_no_message_of_the_contract_are_refused_in_its_words() {
    let world = World::on(TODAY).await;
    let (before, audit) = (world.book.content().await, world.book.last_audit().await);
    // Field 1 of the contract is a text, and here a number.
    let mut request = Request::new(prost_types::Duration { seconds: 7, nanos: 0 });
    *request.metadata_mut() = said(OFFICER);
    let mut client = tonic::client::Grpc::new(world.channel.clone());
    client.ready().await.expect("a connection");
    let codec = tonic_prost::ProstCodec::<prost_types::Duration, v1::GetMemberResponse>::default();
    let path = PathAndQuery::from_static("/krama.v1.MemberService/GetMember");
    let status = client.unary(request, path, codec).await.expect_err("no message");
    no(Code::InvalidArgument, "REQUEST_UNREADABLE").check("GetMember", &status);
    let entries = world.audited(audit).await;
    let noted: Vec<_> = entries.iter().map(|e| (e.method.as_str(), e.reason.as_str())).collect();
    assert_eq!(noted, [("GetMember", "REQUEST_UNREADABLE")]);
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_says_so_for_each_service_first() {
    let world = World::on(TODAY).await;
    let mut watched = Vec::new();
    for service in ["", "krama.v1.MemberService"] {
        let mut health = HealthClient::new(world.channel.clone());
        let ask = HealthCheckRequest { service: service.to_owned() };
        let mut stream = health.watch(ask).await.expect("health can be watched").into_inner();
        let first = stream.message().await.expect("an answer").expect("an answer");
        assert_eq!(first.status(), ServingStatus::Serving);
        watched.push(stream);
    }
    let stopping = tokio::spawn(world.stop());
    for mut stream in watched {
        let next = tokio::time::timeout(PATIENCE, stream.message()).await.expect("it is told in time");
        let next = next.expect("an answer").expect("it is told before the end");
        assert_eq!(next.status(), ServingStatus::NotServing);
    }
    stopping.await.expect("it stops");
}

#[tokio::test]
async fn a_small_message_that_unpacks_to_a_large_one_is_refused() {
    let world = World::with(TODAY, |config| config.limits.message_bytes = 16_384).await;
    let before = world.book.content().await;
    let payer = v1::record_payment_request::Payer::PayerText("a".repeat(1_000_000));
    let mut request = Request::new(v1::RecordPaymentRequest { payer: Some(payer), ..payment("", TODAY) });
    *request.metadata_mut() = said(COLLECTOR);
    let mut client = ContributionServiceClient::new(world.channel.clone()).send_compressed(Gzip);
    let status = client.record_payment(request).await.expect_err("too large");
    no(Code::ResourceExhausted, "REQUEST_TOO_LARGE").check("RecordPayment", &status);
    assert_eq!(world.book.changed_since(&before).await, UNCHANGED);
}
