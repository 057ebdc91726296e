package io.millrace.broker.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The lines of one of Kafka's checkpoint files: a version, their number, then the lines themselves, of fields with a blank between. */
final class CheckpointLines {

    private static final Logger LOG = LoggerFactory.getLogger(CheckpointLines.class);
    static final String VERSION = "0";

    private CheckpointLines() {
    }

    /** @return the fields of each line; nothing, and a warning, if the file is not as it was written */
    static Optional<List<String[]>> read(Path file, int fields) throws IOException {
        List<String> lines;
        try {
            lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
        } catch (NoSuchFileException _) {
            return Optional.of(List.of());
        }
        List<String[]> content = new ArrayList<>();
        for (String line : lines.subList(Math.min(2, lines.size()), lines.size())) {
            content.add(line.split(" "));
        }
        if (lines.size() < 2 || !lines.get(0).equals(VERSION) || !lines.get(1).equals(Integer.toString(content.size()))
                || content.stream().anyMatch(line -> line.length != fields)) {
            LOG.warn("{} is damaged and is not believed", file);
            return Optional.empty();
        }
        return Optional.of(content);
    }

    static String write(List<String> lines) {
        return VERSION + "\n" + lines.size() + "\n" + (lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
    }
}
