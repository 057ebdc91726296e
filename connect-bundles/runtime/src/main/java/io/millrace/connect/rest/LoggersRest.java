package io.millrace.connect.rest;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import java.util.List;

/** {@code /admin/loggers}: levels are the launcher's logging configuration's; they cannot be changed here yet. */
final class LoggersRest {

    HttpAnswer handle(HttpCall call, List<String> path) {
        throw new HttpError(501, "log levels cannot be changed while Millrace runs; change etc/logback.xml, which is read again by itself");
    }
}
