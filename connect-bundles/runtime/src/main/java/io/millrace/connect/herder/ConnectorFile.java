package io.millrace.connect.herder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connector that a file of the node's {@code etc/connectors} asks for, in the form of Kafka Connect's create request:
 * {@code {"name": ..., "config": {...}}}.
 *
 * @param digest of the file's bytes: only a changed file overrides what was changed since by other means
 */
public record ConnectorFile(Path path, String name, Map<String, String> config, String digest) {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectorFile.class);
    private static final long MAX_BYTES = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** All usable files of the folder by name; one that is not usable is reported and left out. */
    public static List<ConnectorFile> readAll(Path folder) {
        List<ConnectorFile> files = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return files;
        }
        List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.json")) {
            found.forEach(paths::add);
        } catch (IOException e) {
            LOG.error("connectors in {} are not started: {}", folder, e.toString());
        }
        paths.sort(Comparator.naturalOrder());
        for (Path path : paths) {
            try {
                files.add(read(path));
            } catch (IOException | IllegalArgumentException e) {
                LOG.error("connector file {} is not used: {}", path, e.getMessage());
            }
        }
        return files;
    }

    static ConnectorFile read(Path path) throws IOException {
        if (Files.size(path) > MAX_BYTES) {
            throw new IllegalArgumentException("it is larger than " + MAX_BYTES + " bytes");
        }
        byte[] bytes = Files.readAllBytes(path);
        JsonNode json = JSON.readTree(bytes);
        if (json == null || !json.path("name").isTextual() || !json.path("config").isObject()) {
            throw new IllegalArgumentException("it must have the form {\"name\": \"...\", \"config\": {...}}");
        }
        String name = json.get("name").textValue();
        Map<String, String> config = new LinkedHashMap<>();
        json.get("config").properties().forEach(entry -> config.put(entry.getKey(), entry.getValue().isNull() ? null : entry.getValue().asText()));
        config.put("name", name);
        return new ConnectorFile(path, name, config, digest(bytes));
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
