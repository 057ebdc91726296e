package io.millrace.testkit;

import java.util.Map;
import java.util.StringJoiner;

/** A flat object of texts, written. */
final class Json {

    private Json() {}

    static String object(Map<String, String> fields) {
        StringJoiner object = new StringJoiner(",", "{", "}");
        fields.forEach((key, value) -> object.add(text(key) + ":" + text(value)));
        return object.toString();
    }

    private static String text(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append("\\u%04x".formatted((int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
