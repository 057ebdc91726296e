package io.millrace.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The REST interface of a running platform. Every call blocks. {@link HttpURLConnection} because it loads in a tenth of the newer client's time. */
final class Rest {

    private static final int CONNECT_MILLIS = 3_000;
    private static final int ANSWER_MILLIS = 120_000;

    private final String url;

    /** @param url such as {@code http://127.0.0.1:8083} */
    Rest(String url) {
        this.url = url.replaceAll("/$", "");
    }

    /** @return maps, lists, strings, numbers, booleans; null for an empty answer */
    Object get(String path) throws IOException {
        return send("GET", path, null);
    }

    Object send(String method, String path, Path file) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url + path).toURL().openConnection();
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(ANSWER_MILLIS);
        connection.setRequestMethod(method);
        try {
            if (file != null) {
                connection.setDoOutput(true);
                connection.setRequestProperty("Content-Type", "application/octet-stream");
                connection.setFixedLengthStreamingMode(Files.size(file));
                try (OutputStream body = connection.getOutputStream()) {
                    Files.copy(file, body);
                }
            } else if (!method.equals("GET") && !method.equals("DELETE")) {
                connection.setDoOutput(true);
                connection.setFixedLengthStreamingMode(0);
                connection.getOutputStream().close();
            }
            int status = connection.getResponseCode();
            if (status / 100 == 2) {
                try (InputStream body = connection.getInputStream()) {
                    return parse(body.readAllBytes());
                }
            }
            try (InputStream body = connection.getErrorStream()) {
                throw new IOException(complaint(status, body == null ? new byte[0] : body.readAllBytes()));
            }
        } catch (java.net.ConnectException | java.net.SocketTimeoutException silent) {
            throw new IOException("no answer from " + url + ": " + silent.getMessage() + "; is it the address of a running Millrace?", silent);
        }
    }

    static String encode(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String complaint(int status, byte[] body) {
        try {
            if (parse(body) instanceof Map<?, ?> error && error.get("message") != null) {
                return error.get("message").toString();
            }
        } catch (IOException _) {
            // Not from Millrace; shown as it is.
        }
        return "answered " + status + " " + new String(body, StandardCharsets.UTF_8).lines().findFirst().orElse("");
    }

    private static Object parse(byte[] body) throws IOException {
        try (JsonParser json = new JsonFactory().createParser(body)) {
            JsonToken first = json.nextToken();
            return first == null ? null : value(json, first);
        } catch (JsonProcessingException broken) {
            throw new IOException("the answer is no JSON: " + broken.getOriginalMessage(), broken);
        }
    }

    private static Object value(JsonParser json, JsonToken token) throws IOException {
        switch (token) {
            case START_OBJECT -> {
                Map<String, Object> fields = new LinkedHashMap<>();
                while (json.nextToken() == JsonToken.FIELD_NAME) {
                    String name = json.currentName();
                    fields.put(name, value(json, json.nextToken()));
                }
                return fields;
            }
            case START_ARRAY -> {
                List<Object> items = new ArrayList<>();
                for (JsonToken item = json.nextToken(); item != JsonToken.END_ARRAY; item = json.nextToken()) {
                    items.add(value(json, item));
                }
                return items;
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                return json.getNumberValue();
            }
            case VALUE_TRUE, VALUE_FALSE -> {
                return json.getBooleanValue();
            }
            case VALUE_NULL -> {
                return null;
            }
            default -> {
                return json.getText();
            }
        }
    }
}
