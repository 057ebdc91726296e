package io.millrace.broker.wire;

import org.apache.kafka.common.network.Send;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.SendBuilder;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** Makes framed bytes of responses; slices of files among them are spliced in without being read, unless they are small. Stateless. */
public final class ResponseEncoder {

    private ResponseEncoder() {
    }

    /** Reads what is a small slice of a file. */
    public static Send encode(RequestHeader header, AbstractResponse response) {
        if (response instanceof FetchResponse fetched) {
            SmallSlices.read(fetched.data());
        }
        return SendBuilder.buildResponseSend(header.toResponseHeader(), response.data(), version(header));
    }

    /** Bytes of the encoded response, slices of files included. */
    public static int size(RequestHeader header, AbstractResponse response) {
        return response.data().size(new ObjectSerializationCache(), version(header));
    }

    /** A client that asked for an unknown version of ApiVersions can read only version 0 (KIP-511). */
    private static short version(RequestHeader header) {
        return header.apiKey() == ApiKeys.API_VERSIONS && !header.isApiVersionSupported() ? 0 : header.apiVersion();
    }
}
