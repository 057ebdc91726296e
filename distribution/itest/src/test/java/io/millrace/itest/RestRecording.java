package io.millrace.itest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Stream;

/**
 * What a real Kafka Connect worker answered to {@code connect-rest/calls.txt}. {@code peer/connect-worker.sh} starts such a worker, and
 * {@link #main} records it anew.
 */
final class RestRecording {

    private static final String FOLDER = "/connect-rest/";

    private RestRecording() {}

    static List<RestCall> calls() {
        return RestCall.script(read("calls.txt").lines().toList());
    }

    /** In the order of the calls. */
    static List<JsonNode> answers() {
        try {
            List<JsonNode> answers = new ArrayList<>();
            RestPlayer.JSON.readTree(read("answers.json")).forEach(answers::add);
            return answers;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(String name) {
        try (var in = RestRecording.class.getResourceAsStream(FOLDER + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @return what differs, by where it is; empty if nothing does */
    static Map<String, String> differences(JsonNode wanted, JsonNode given, boolean more) {
        Map<String, String> differences = new LinkedHashMap<>();
        compare("", wanted, given, more, differences);
        return differences;
    }

    /** An error with a message of its own, in the shape of all errors. */
    private static Map<String, String> onPurpose(int status, JsonNode given) {
        Map<String, String> differences = new LinkedHashMap<>();
        if (given.path("status").asInt() != status || status >= 400 && (given.at("/body/error_code").asInt() != status
                || given.at("/body/message").asText().isEmpty())) {
            differences.put("", "wanted " + status + ", given " + given);
        }
        return differences;
    }

    private static void compare(String at, JsonNode wanted, JsonNode given, boolean more, Map<String, String> differences) {
        if (wanted instanceof ObjectNode object && given instanceof ObjectNode other) {
            for (Map.Entry<String, JsonNode> entry : object.properties()) {
                compare(at + "/" + entry.getKey(), entry.getValue(), other.get(entry.getKey()), more, differences);
            }
            for (Iterator<String> names = other.fieldNames(); names.hasNext();) {
                String name = names.next();
                // What an error is written in, and where else it may be asked for, need not be kept from the client.
                if (!object.has(name) && !(at.isEmpty() && name.matches("Content-Type|Allow"))
                        && !name.startsWith("millrace.")) {
                    differences.put(at + "/" + name, "not there, but is " + other.get(name));
                }
            }
        } else if (wanted instanceof ArrayNode list && given instanceof ArrayNode other && (more || list.size() == other.size())) {
            int next = 0;
            for (JsonNode each : list) {
                int found = more ? find(each, other, next) : next;
                if (found < 0) {
                    differences.put(at + "[" + each + "]", each + " is not in it, or not in this place");
                } else {
                    compare(at + "[" + found + "]", each, other.get(found), more, differences);
                    next = found + 1;
                }
            }
        } else if (!wanted.equals(given)) {
            differences.put(at, "wanted " + wanted + "\n        given  " + given);
        }
    }

    /** The next that is equal, or else has the same name. */
    private static int find(JsonNode wanted, ArrayNode list, int from) {
        for (int i = from; i < list.size(); i++) {
            if (differences(wanted, list.get(i), true).isEmpty()) {
                return i;
            }
        }
        for (int i = from; i < list.size(); i++) {
            if (wanted.isObject() && !wanted.at("/definition/name").isMissingNode() && wanted.at("/definition/name").equals(list.get(i).at("/definition/name"))
                    || wanted.path("name").isTextual() && wanted.path("name").equals(list.get(i).path("name"))) {
                return i;
            }
        }
        return -1;
    }

    /** Plays all calls and gives one report of everything that differs. */
    static String report(RestPlayer player) throws IOException, InterruptedException {
        StringJoiner report = new StringJoiner("\n");
        List<JsonNode> answers = answers();
        int i = 0;
        for (RestCall call : calls()) {
            JsonNode wanted = answers.get(i++);
            if (!wanted.path("call").asText().equals(call.name())) {
                throw new IllegalStateException("line " + call.line() + " has changed since answers.json was recorded; record it again");
            }
            ObjectNode given = RestPlayer.JSON.createObjectNode().put("call", call.name());
            try {
                given.setAll(player.play(call));
                Map<String, String> differences = call.ours() == 0 ? differences(wanted, given, call.more()) : onPurpose(call.ours(), given);
                if (!differences.isEmpty()) {
                    report.add("line " + call.line() + ": " + call.name());
                    differences.forEach((at, what) -> report.add("    " + at + ": " + what));
                }
            } catch (AssertionError e) {
                report.add(e.getMessage());
            }
        }
        return report.toString();
    }

    /** {@code record URL FILE} writes a worker's answers, {@code compare URL} prints how a worker's answers differ from the recorded ones. */
    public static void main(String[] arguments) throws Exception {
        Path folder = Files.createTempDirectory("connect-rest");
        Files.writeString(folder.resolve("in.txt"), "one\ntwo\nthree\n");
        try (RestPlayer player = new RestPlayer(arguments[1], folder)) {
            if (arguments[0].equals("compare")) {
                System.out.println(report(player));
                return;
            }
            StringJoiner lines = new StringJoiner(",\n", "[\n", "\n]\n");
            for (RestCall call : calls()) {
                ObjectNode answer = RestPlayer.JSON.createObjectNode().put("call", call.name());
                try {
                    answer.setAll(player.play(call));
                } catch (AssertionError e) {
                    System.err.println(e.getMessage());
                }
                lines.add(RestPlayer.JSON.writeValueAsString(answer));
            }
            Files.writeString(Path.of(arguments[2]), lines.toString());
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
