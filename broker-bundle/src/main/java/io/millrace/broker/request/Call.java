package io.millrace.broker.request;

import java.net.InetAddress;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/**
 * One decoded request.
 *
 * @param header  key, version, correlation and client id
 * @param request of the class that belongs to the API; record payloads are slices of the request's buffer, which the call owns
 * @param client  the peer's address
 */
public record Call(RequestHeader header, AbstractRequest request, InetAddress client) {

    public short version() {
        return header.apiVersion();
    }

    /** Name of the principal. There is no authentication, so nobody has one. */
    public String user() {
        return KafkaPrincipal.ANONYMOUS.getName();
    }

    /** Never null. */
    public String clientId() {
        return header.clientId() == null ? "" : header.clientId();
    }

    @SuppressWarnings("unchecked")
    public <R extends AbstractRequest> R as(Class<R> type) {
        return (R) request;
    }
}
