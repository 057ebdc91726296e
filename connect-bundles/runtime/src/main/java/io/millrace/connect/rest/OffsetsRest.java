package io.millrace.connect.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.connect.herder.Herder;
import io.millrace.connect.herder.Offsets;
import java.util.List;
import java.util.Set;

/** {@code /connectors/NAME/offsets}: seen, altered and reset (KIP-875). */
final class OffsetsRest {

    private final Herder herder;
    private final Offsets offsets;

    OffsetsRest(Herder herder) {
        this.herder = herder;
        this.offsets = new Offsets(herder);
    }

    void serve(Routes routes) {
        routes.on("GET", "/connectors/*/offsets", (_, path) -> Json.answer(200, Json.object("offsets", offsets.of(path.getFirst()))));
        routes.taking("PATCH", "/connectors/*/offsets", this::alter);
        routes.on("DELETE", "/connectors/*/offsets", (_, path) -> {
            offsets.reset(path.getFirst());
            return message("The offsets for this connector have been reset successfully");
        });
    }

    private HttpAnswer alter(HttpCall call, List<String> path) throws Exception {
        JsonNode body = Json.body(call.body(), Set.of("offsets"));
        JsonNode wanted = body.path("offsets");
        if (wanted.isMissingNode() || wanted.isNull() || wanted.isArray() && wanted.isEmpty()) {
            throw new HttpError(400, "Partitions / offsets need to be provided for an alter offsets request");
        }
        if (!(Json.plain(wanted) instanceof List<?> list)) {
            throw new HttpError(400, "the body must have the form {\"offsets\": [{\"partition\": {...}, \"offset\": {...}}]}");
        }
        herder.config(path.getFirst());
        offsets.alter(path.getFirst(), list);
        return message("The offsets for this connector have been altered successfully");
    }

    private static HttpAnswer message(String text) {
        return Json.answer(200, Json.object("message", text));
    }
}
