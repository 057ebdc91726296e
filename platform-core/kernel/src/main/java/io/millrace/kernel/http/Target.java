package io.millrace.kernel.http;

import io.millrace.api.http.HttpError;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Path segments and query parameters of a request's target, decoded. */
record Target(List<String> path, Map<String, List<String>> query) {

    static Target of(URI uri) {
        List<String> path = new ArrayList<>();
        for (String segment : uri.getRawPath() == null ? new String[0] : uri.getRawPath().split("/")) {
            if (!segment.isEmpty()) {
                path.add(decode(segment, false));
            }
        }
        Map<String, List<String>> query = new LinkedHashMap<>();
        if (uri.getRawQuery() != null) {
            for (String pair : uri.getRawQuery().split("&")) {
                int equals = pair.indexOf('=');
                String key = decode(equals < 0 ? pair : pair.substring(0, equals), true);
                if (!key.isEmpty()) {
                    query.computeIfAbsent(key, _ -> new ArrayList<>()).add(equals < 0 ? "" : decode(pair.substring(equals + 1), true));
                }
            }
        }
        return new Target(List.copyOf(path), query);
    }

    private static String decode(String raw, boolean plusIsSpace) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                int high = i + 2 < raw.length() ? Character.digit(raw.charAt(i + 1), 16) : -1;
                int low = high < 0 ? -1 : Character.digit(raw.charAt(i + 2), 16);
                if (low < 0) {
                    throw new HttpError(400, "'" + raw + "' is not well percent-encoded; write a percent sign as %25");
                }
                bytes.write(high << 4 | low);
                i += 2;
            } else if (c == '+' && plusIsSpace) {
                bytes.write(' ');
            } else {
                bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
