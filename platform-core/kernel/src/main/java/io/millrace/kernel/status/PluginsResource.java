package io.millrace.kernel.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginManager;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.kernel.http.Upload;
import io.millrace.kernel.plugin.PluginExistsException;
import io.millrace.kernel.plugin.UnknownPluginException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code /plugins}: GET lists, POST installs the body's file; {@code /plugins/{name}}: GET, PUT updates from the body's file, DELETE removes.
 * {@code ?filename=} tells the file's name, by which a plain Kafka Connect plugin is called.
 */
public final class PluginsResource implements Upload {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.+ -]{0,199}");

    private final PluginManager plugins;
    private final Path uploads;
    private final long largestFile;

    /** @param uploads folder for files while they are received; what a killed process left there is deleted */
    public PluginsResource(PluginManager plugins, Path uploads, long largestFile) throws IOException {
        this.plugins = plugins;
        this.uploads = uploads;
        this.largestFile = largestFile;
        if (Files.isDirectory(uploads)) {
            try (Stream<Path> left = Files.walk(uploads)) {
                for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    @Override
    public Set<String> paths() {
        return Set.of("plugins");
    }

    @Override
    public long largestBody() {
        return largestFile;
    }

    @Override
    public HttpAnswer handle(HttpCall call) throws IOException {
        try {
            return switch (call.path().size()) {
                case 1 -> all(call);
                case 2 -> one(call, call.path().get(1));
                default -> throw new HttpError(404, "nothing is served at /" + String.join("/", call.path()));
            };
        } catch (UnknownPluginException e) {
            throw new HttpError(404, e.getMessage());
        } catch (PluginExistsException e) {
            throw new HttpError(409, e.getMessage());
        } catch (PluginException e) {
            throw new HttpError(400, e.getMessage());
        }
    }

    private HttpAnswer all(HttpCall call) throws IOException, PluginException {
        return switch (call.method()) {
            case "GET" -> json(200, plugins.list());
            case "POST" -> json(201, received(call, plugins::install));
            default -> throw new HttpError(405, "method " + call.method() + " is not served at /plugins; GET lists, POST installs");
        };
    }

    private HttpAnswer one(HttpCall call, String name) throws IOException, PluginException {
        return switch (call.method()) {
            case "GET" -> json(200, plugins.list().stream().filter(plugin -> plugin.name().equals(name)).findFirst()
                    .orElseThrow(() -> new HttpError(404, "plugin " + name + " is not installed")));
            case "PUT" -> json(200, received(call, file -> plugins.update(name, file)));
            case "DELETE" -> {
                plugins.remove(name);
                yield HttpAnswer.empty(204);
            }
            default -> throw new HttpError(405, "method " + call.method() + " is not served at /plugins/" + name
                    + "; GET tells, PUT updates, DELETE removes");
        };
    }

    private interface FileUse {
        PluginInfo apply(Path file) throws PluginException;
    }

    private PluginInfo received(HttpCall call, FileUse use) throws IOException, PluginException {
        String fileName = call.parameter("filename").orElse("plugin.jar");
        if (!FILE_NAME.matcher(fileName).matches()) {
            throw new HttpError(400, "filename '" + fileName + "' is not a plain file name");
        }
        Files.createDirectories(uploads);
        Path folder = Files.createTempDirectory(uploads, "upload");
        Path file = folder.resolve(fileName);
        try {
            try (InputStream body = call.body()) {
                Files.copy(body, file);
            }
            return use.apply(file);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }

    private static HttpAnswer json(int status, Object value) throws IOException {
        return HttpAnswer.json(status, JSON.writeValueAsBytes(value));
    }
}
