package io.millrace.streams.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What a job file says.
 *
 * @param name   of this run: its consumer group, and the prefix of its internal topics
 * @param job    which {@code StreamJob} of the installed plugins
 * @param config handed to it
 */
record JobSpec(String name, String job, Map<String, String> config) {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    /** What topic names may consist of, because it becomes part of some; short enough to leave room for the rest. */
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9._-]{1,100}");
    private static final Set<String> MEMBERS = Set.of("name", "job", "config");

    JobSpec {
        config = Map.copyOf(config);
    }

    /** @throws IllegalArgumentException naming the member that is wrong */
    static JobSpec read(InputStream json, String from) throws IOException {
        JsonNode root;
        try {
            root = MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(from + " is not JSON: " + e.getOriginalMessage());
        }
        if (root == null || !root.isObject()) {
            throw new IllegalArgumentException(from + " should be an object {\"name\": .., \"job\": .., \"config\": {..}}");
        }
        Set<String> unknown = new TreeSet<>();
        root.fieldNames().forEachRemaining(unknown::add);
        unknown.removeAll(MEMBERS);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(from + ": unknown members " + unknown + "; a job has name, job and config");
        }
        String name = text(root, "name", from);
        if (!NAME.matcher(name).matches() || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException(from + ": the name \"" + name + "\" should be 1 to 100 letters, digits, '.', '_' or '-'");
        }
        JsonNode config = root.path("config");
        if (!config.isMissingNode() && !config.isObject()) {
            throw new IllegalArgumentException(from + ": config should be an object of texts");
        }
        Map<String, String> values = new LinkedHashMap<>();
        config.properties().forEach(entry -> {
            if (!entry.getValue().isValueNode() || entry.getValue().isNull()) {
                throw new IllegalArgumentException(from + ": config member \"" + entry.getKey() + "\" should be a text");
            }
            values.put(entry.getKey(), entry.getValue().asText());
        });
        return new JobSpec(name, text(root, "job", from), values);
    }

    private static String text(JsonNode root, String member, String from) {
        JsonNode value = root.path(member);
        if (!value.isTextual() || value.textValue().isBlank()) {
            throw new IllegalArgumentException(from + ": the member \"" + member + "\" is missing or not a text");
        }
        return value.textValue();
    }

    byte[] toJson() {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(Map.of("name", name, "job", job, "config", config));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
