//! What a workload has to have said: each write of the contract, taken and refused.
//!
//! Which writes there are is read from the descriptors of the contract, so that none can be added and not tried here.

use std::collections::{BTreeMap, BTreeSet};

use krama::proto::DESCRIPTORS;
use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};

/// The type of a field that says how a batch or a stream is to be taken.
const BATCH_OPTIONS: &str = ".krama.v1.BatchOptions";

/// What is not yet in a tally, and must be.
pub(super) fn missing(tally: &BTreeMap<String, u64>) -> BTreeSet<String> {
    needed().into_iter().filter(|what| !tally.contains_key(what)).collect()
}

/// Each write, taken and refused; what may be prepared for a second person, done by one as well.
fn needed() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("the descriptors can be read");
    let messages: BTreeMap<String, &DescriptorProto> = set
        .file
        .iter()
        .flat_map(|file| {
            file.message_type.iter().map(|message| (format!(".{}.{}", file.package(), message.name()), message))
        })
        .collect();
    let methods = set.file.iter().flat_map(|file| &file.service).flat_map(|service| &service.method);
    let mut needed = BTreeSet::new();
    for method in methods {
        let fields = &messages[method.input_type()].field;
        let has = |name: &str| fields.iter().any(|field| field.name() == name);
        if has("request_id") || fields.iter().any(|field| field.type_name() == BATCH_OPTIONS) {
            needed.extend(["taken", "refused"].map(|how| format!("{} {how}", method.name())));
        }
        if has("prepared_id") {
            needed.insert(format!("{} done by a second person", method.name()));
        }
    }
    needed
}

#[test]
fn the_descriptors_tell_which_writes_there_are() {
    let needed = needed();
    let writes = needed.iter().filter(|what| what.ends_with(" taken")).count();
    let taken = crate::workload::command::RPCS.iter().map(|rpc| format!("{rpc} taken"));
    let batches = ["RecordPayments", "BatchRecordPayments", "ReportTransitions", "BatchReportTransitions"];
    let taken: BTreeSet<String> = taken.chain(batches.map(|rpc| format!("{rpc} taken"))).collect();
    let unknown: Vec<&String> =
        needed.iter().filter(|what| what.ends_with(" taken") && !taken.contains(*what)).collect();
    assert_eq!((writes, unknown), (taken.len(), Vec::new()));
}
