package io.millrace.broker.handler;

import io.millrace.broker.request.Call;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The error code of what went wrong with one part of a request. */
final class Failure {

    private static final Logger LOG = LoggerFactory.getLogger(Failure.class);

    private Failure() {
    }

    /** Anything but an {@link ApiException} is a defect of ours and logged. */
    static Errors of(Call call, Object part, RuntimeException failure) {
        if (!(failure instanceof ApiException)) {
            LOG.error("{} version {} of client {} ({}): {} failed", call.header().apiKey().name, call.version(), call.client(), call.header().clientId(),
                    part, failure);
        }
        return Errors.forException(failure);
    }

    /** What to tell of it: the exception's own words, else the code's. */
    static String message(Errors error, RuntimeException failure) {
        return failure instanceof ApiException && failure.getMessage() != null ? failure.getMessage() : error.message();
    }
}
