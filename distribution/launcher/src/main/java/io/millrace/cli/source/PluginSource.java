package io.millrace.cli.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A place that a plugin is fetched from, as a user writes it. */
public sealed interface PluginSource permits LocalSource, UrlSource, MavenSource {

    /**
     * Fetches into {@code work}, or gives the file where it lies. Blocks.
     *
     * @param work     an empty folder; left for the caller to delete
     * @param progress one line per thing worth telling
     * @return a file whose name tells the plugin's name and version
     * @throws IOException naming the source, the reason and the mend
     */
    Path fetch(Path work, Consumer<String> progress) throws IOException;

    /**
     * @param text         a path, a URL of scheme http, https or file, or {@code mvn:group:artifact:version[:classifier[@extension]]}
     * @param largestBytes of a download
     * @param mavenFolder  the jars that fetch from Maven repositories
     */
    static PluginSource of(String text, long largestBytes, Supplier<Path> mavenFolder) throws IOException {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.startsWith("mvn:")) {
            return new MavenSource(text.substring("mvn:".length()), mavenFolder.get());
        }
        if (lower.startsWith("http://") || lower.startsWith("https://") || lower.startsWith("file:")) {
            return new UrlSource(text, largestBytes);
        }
        if (lower.matches("[a-z][a-z0-9+.-]+:.*") && !Files.exists(Path.of(text))) {
            throw new IOException(text + " is no source of plugins; name a file or folder, a URL of http, https or file, or mvn:GROUP:ARTIFACT:VERSION");
        }
        return new LocalSource(Path.of(text));
    }
}
