package io.millrace.broker.quota;

/**
 * The quota that holds for one client, and with whom it shares it.
 *
 * @param user     whose use counts; empty if everybody's with the client id does
 * @param clientId whose use counts; empty if that of all clients of the user does
 * @param bound    per second
 */
public record Limit(QuotaType type, String user, String clientId, double bound) {

    Sharers sharers() {
        return new Sharers(type, user, clientId);
    }

    /** Those whose use is added up. */
    record Sharers(QuotaType type, String user, String clientId) {
    }
}
