package io.millrace.broker.wire;

import org.apache.kafka.common.network.Send;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.SendBuilder;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** Makes framed bytes of responses; slices of files among them are spliced in without being read. Stateless. */
public final class ResponseEncoder {

    private ResponseEncoder() {
    }

    public static Send encode(RequestHeader header, AbstractResponse response) {
        // A client that asked for an unknown version of ApiVersions can read only version 0 (KIP-511).
        short version = header.apiKey() == ApiKeys.API_VERSIONS && !header.isApiVersionSupported() ? 0 : header.apiVersion();
        return SendBuilder.buildResponseSend(header.toResponseHeader(), response.data(), version);
    }
}
