package io.millrace.itest.diary;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/** A file in which connectors and tasks note what is done with them, and files beside it that tell them to fail. */
final class Diary {

    private final Path file;
    private final String author;

    Diary(Map<String, String> settings, String author) {
        this.file = Path.of(settings.get("diary"));
        this.author = author;
    }

    void note(String what) {
        try {
            Files.writeString(file, author + " " + what + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isThere(String wish) {
        return Files.exists(file.resolveSibling(file.getFileName() + "." + author.replace(' ', '-') + "." + wish));
    }

    /** Fails as long as there is a file that wants it, such as {@code diary.task-0.fails}. */
    void failIfWanted() {
        if (isThere("fails")) {
            throw new IllegalStateException(author + " fails as it is told to");
        }
    }
}
