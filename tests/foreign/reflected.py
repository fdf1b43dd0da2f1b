"""The ledger as reflection describes it: services, messages and calls without any generated code.

Everything that a call needs is asked of the running server, so that what is tested is what an integrator
in another language meets: the contract on the wire, and nothing of ours beside it. Requests are plain
dictionaries in the shape of the JSON mapping, with enums by their names. Deliberately absent: what the
answers should be.
"""

import itertools
import uuid

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

# Long enough for a slow machine, short enough that a call that hangs fails the test.
DEADLINE_SECONDS = 30


class Refused(Exception):
    """A call that was answered with a status other than OK, opened up."""

    def __init__(self, error):
        self.code = error.code().name
        self.message = error.details()
        self.reason, self.domain, self.metadata = "", "", {}
        self.fields, self.retry_after = [], None
        status = rpc_status.from_call(error)
        for packed in status.details if status else []:
            info = error_details_pb2.ErrorInfo()
            request = error_details_pb2.BadRequest()
            retry = error_details_pb2.RetryInfo()
            if packed.Unpack(info):
                self.reason, self.domain, self.metadata = info.reason, info.domain, dict(info.metadata)
            elif packed.Unpack(request):
                self.fields = [violation.field for violation in request.field_violations]
            elif packed.Unpack(retry):
                self.retry_after = retry.retry_delay.ToTimedelta().total_seconds()
        super().__init__(f"{self.code} {self.reason}: {self.message} {self.metadata} {self.fields}")


class Ledger:
    """A connection to a server whose contract is learnt from the server itself."""

    def __init__(self, address):
        # With gzip on, every request is compressed and every answer may be.
        self.channel = grpc.insecure_channel(address, compression=grpc.Compression.Gzip)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)
        self.called = set()

    def close(self):
        """Ends the connection."""
        self.channel.close()

    def services(self):
        """The full names of all services that the server tells of."""
        return sorted(self.database.get_services())

    def methods(self, service):
        """The RPCs of a service, as the pair of its full name and theirs."""
        return [(service, method.name) for method in self.pool.FindServiceByName(service).methods]

    def roles(self, service, method):
        """The names of the roles that the contract lets call an RPC."""
        # The option is an extension that only the pool of this server knows, so it is read by that pool.
        known = message_factory.GetMessageClass(self.pool.FindMessageTypeByName("google.protobuf.MethodOptions"))
        option = self.pool.FindExtensionByName("krama.v1.access")
        described = self.pool.FindServiceByName(service).methods_by_name[method]
        access = known.FromString(described.GetOptions().SerializeToString()).Extensions[option]
        names = self.pool.FindEnumTypeByName("krama.v1.Role").values_by_number
        return [names[number].name for number in access.roles]

    def call(self, service, method, request=None, caller=None):
        """The answer to a call, as a message."""
        answer, _ = self.call_and_bytes(service, method, request, caller)
        return answer

    def call_and_bytes(self, service, method, request=None, caller=None):
        """The answer to a call, as a message and as the bytes that came over the wire."""
        described = self.pool.FindServiceByName(service).methods_by_name[method]
        sent = message_factory.GetMessageClass(described.input_type)()
        json_format.ParseDict(request or {}, sent)
        stub = self.channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=lambda data: data,
        )
        self.called.add((service, method))
        try:
            data = stub(sent, metadata=(caller or {}).items(), timeout=DEADLINE_SECONDS)
        except grpc.RpcError as error:
            raise Refused(error) from None
        return message_factory.GetMessageClass(described.output_type).FromString(data), data

    def stream(self, service, method, requests, caller=None):
        """All that a stream answers to what is sent on it, as messages."""
        described = self.pool.FindServiceByName(service).methods_by_name[method]
        kind = message_factory.GetMessageClass(described.input_type)
        stub = self.channel.stream_stream(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(described.output_type).FromString,
        )
        self.called.add((service, method))
        sent = (json_format.ParseDict(request, kind()) for request in requests)
        try:
            return list(stub(sent, metadata=(caller or {}).items(), timeout=DEADLINE_SECONDS))
        except grpc.RpcError as error:
            raise Refused(error) from None

    def watch(self, service, method, request, caller, most):
        """What a stream tells in answer to one request, as messages: to its end, or so many."""
        described = self.pool.FindServiceByName(service).methods_by_name[method]
        stub = self.channel.unary_stream(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(described.output_type).FromString,
        )
        self.called.add((service, method))
        sent = json_format.ParseDict(request, message_factory.GetMessageClass(described.input_type)())
        try:
            told = stub(sent, metadata=caller.items(), timeout=DEADLINE_SECONDS)
            messages = list(itertools.islice(told, most))
            told.cancel()
            return messages
        except grpc.RpcError as error:
            raise Refused(error) from None

    def refusal(self, service, method, request=None, caller=None):
        """The refusal of a call that must be refused."""
        try:
            answer = self.call(service, method, request, caller)
        except Refused as refused:
            return refused
        raise AssertionError(f"{method} was to be refused, and answered {in_words(answer)}")

    def word(self, message, field):
        """The name of the value that an enum field of a message holds."""
        enum = message.DESCRIPTOR.fields_by_name[field].enum_type
        return enum.values_by_number[getattr(message, field)].name


def caller(role, name, purpose=None):
    """The metadata by which a sandbox believes who calls and, for reads about a person, why."""
    metadata = {"krama-caller": f"{role}/{name}"}
    if purpose:
        metadata |= {"krama-user": f"{name}-user", "krama-purpose": purpose, "krama-case": "CASE-1"}
    return metadata


def fresh():
    """A new request id."""
    return str(uuid.uuid4())


def date(text):
    """A day such as 2026-09-15 as a google.type.Date."""
    year, month, day = (int(part) for part in text.split("-"))
    return {"year": year, "month": month, "day": day}


def day(message):
    """A google.type.Date as text."""
    return f"{message.year:04}-{message.month:02}-{message.day:02}"


def in_words(message):
    """A message as JSON, for output."""
    return json_format.MessageToJson(message, indent=None, ensure_ascii=False)
