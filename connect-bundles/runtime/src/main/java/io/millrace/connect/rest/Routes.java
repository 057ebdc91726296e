package io.millrace.connect.rest;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What is served where: a handler for every path and method. By itself answers OPTIONS, and refuses other paths (404), methods (405), bodies
 * that are no JSON (415) and clients that take none (406), in this order, as Kafka Connect does.
 */
final class Routes {

    private static final String JSON = "application/json";

    interface Handler {

        /** @param variables what the path has in place of each star */
        HttpAnswer answer(HttpCall call, List<String> variables) throws Exception;
    }

    private record Served(Handler handler, boolean takesBody) {}

    private record Place(List<String> path, Map<String, Served> methods) {}

    private final List<Place> places = new ArrayList<>();

    /** @param path with a star for any segment; {@code /} for the root */
    Routes on(String method, String path, Handler handler) {
        return add(method, path, new Served(handler, false));
    }

    /** A handler that reads a JSON body. */
    Routes taking(String method, String path, Handler handler) {
        return add(method, path, new Served(handler, true));
    }

    private Routes add(String method, String path, Served served) {
        List<String> segments = path.equals("/") ? List.of() : List.of(path.substring(1).split("/"));
        for (Place place : places) {
            if (place.path().equals(segments)) {
                place.methods().put(method, served);
                return this;
            }
        }
        places.add(new Place(segments, new LinkedHashMap<>(Map.of(method, served))));
        return this;
    }

    HttpAnswer answer(HttpCall call) throws Exception {
        Place place = places.stream().filter(each -> matches(each.path(), call.path())).findFirst()
                .orElseThrow(() -> new HttpError(404, "HTTP 404 Not Found"));
        if (call.method().equals("OPTIONS")) {
            return options(place);
        }
        Served served = place.methods().get(call.method());
        if (served == null) {
            throw new HttpError(405, "HTTP 405 Method Not Allowed");
        }
        if (served.takesBody() && hasBody(call) && !call.headers().getOrDefault("content-type", "").split(";")[0].strip().equalsIgnoreCase(JSON)) {
            throw new HttpError(415, "HTTP 415 Unsupported Media Type");
        }
        if (!accepts(call.headers().getOrDefault("accept", ""))) {
            throw new HttpError(406, "HTTP 406 Not Acceptable");
        }
        return served.handler().answer(call, variables(place.path(), call.path()));
    }

    private static boolean matches(List<String> template, List<String> path) {
        if (template.size() != path.size()) {
            return false;
        }
        for (int i = 0; i < path.size(); i++) {
            if (!template.get(i).equals("*") && !template.get(i).equals(path.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static List<String> variables(List<String> template, List<String> path) {
        List<String> variables = new ArrayList<>();
        for (int i = 0; i < path.size(); i++) {
            if (template.get(i).equals("*")) {
                variables.add(path.get(i));
            }
        }
        return variables;
    }

    private static HttpAnswer options(Place place) {
        List<String> methods = new ArrayList<>(place.methods().keySet());
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        methods.add("OPTIONS");
        String list = String.join(", ", methods);
        return new HttpAnswer(200, Map.of("Allow", list, "Content-Type", "text/plain"), list.getBytes(StandardCharsets.UTF_8));
    }

    static boolean hasBody(HttpCall call) {
        return call.headers().containsKey("transfer-encoding") || !call.headers().getOrDefault("content-length", "0").equals("0");
    }

    private static boolean accepts(String accept) {
        if (accept.isBlank()) {
            return true;
        }
        for (String range : accept.split(",")) {
            String type = range.split(";")[0].strip().toLowerCase(Locale.ROOT);
            if (type.equals(JSON) || type.equals("application/*") || type.equals("*/*") || type.equals("*")) {
                return true;
            }
        }
        return false;
    }
}
