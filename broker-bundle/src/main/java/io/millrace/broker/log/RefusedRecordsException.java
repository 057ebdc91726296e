package io.millrace.broker.log;

import java.util.List;
import org.apache.kafka.common.errors.ApiException;

/** Single records of a batch are not as they should be, so nothing of it was appended (KIP-467). Its cause is what goes on the wire as the error. */
public final class RefusedRecordsException extends ApiException {

    private static final long serialVersionUID = 1L;

    /** @param index of the record in the request's batches */
    public record Refused(int index, String message) {
    }

    private final transient List<Refused> records;

    RefusedRecordsException(ApiException error, List<Refused> records) {
        super(error.getMessage(), error);
        this.records = List.copyOf(records);
    }

    public ApiException error() {
        return (ApiException) getCause();
    }

    public List<Refused> records() {
        return records;
    }
}
