package io.millrace.kernel.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.api.plugin.Delivery;
import io.millrace.api.plugin.PluginChange;
import io.millrace.api.plugin.PluginEvent;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginManager;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.kernel.http.Upload;
import io.millrace.kernel.plugin.PluginExistsException;
import io.millrace.kernel.plugin.RetiredLoaders;
import io.millrace.kernel.plugin.UnknownPluginException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code /plugins}: GET lists, POST installs the body's file ({@code ?beside=true}: as one more version); {@code /plugins/{name}}: GET, PUT
 * updates from the body's file, DELETE removes; {@code /plugins/{name}/versions/{version}}: GET, DELETE removes that one;
 * {@code /plugins/{name}/history}: GET; {@code /plugins/{name}/rollback}: POST, {@code ?version=}; {@code /plugins/events}: GET;
 * {@code /plugins/leaks}: GET, POST after a garbage collection, {@code ?dump=true} with a heap dump.
 *
 * <p>With a file, {@code ?filename=} tells its name, by which a plain Kafka Connect plugin is called, {@code ?sha256=} and {@code ?signature=}
 * what vouches for it, {@code ?tag=} marks the operation's events.
 */
public final class PluginsResource implements Upload {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LONGEST_WAIT_MS = 30_000;
    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.+ -]{0,199}");

    private final PluginManager plugins;
    private final Path uploads;
    private final long largestFile;
    private final Leaks leaks;

    /**
     * @param uploads folder for files while they are received; what a killed process left there is deleted
     * @param dumps   folder for heap dumps
     */
    public PluginsResource(PluginManager plugins, RetiredLoaders retired, Path uploads, Path dumps, long largestFile) throws IOException {
        this.plugins = plugins;
        this.leaks = new Leaks(retired, dumps, InstantSource.system());
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
    public HttpAnswer handle(HttpCall call) throws IOException, InterruptedException {
        List<String> path = call.path();
        try {
            return switch (path.size()) {
                case 1 -> all(call);
                case 2 -> switch (path.get(1)) {
                    case "events" -> events(call);
                    case "leaks" -> leaks(call);
                    default -> one(call, path.get(1));
                };
                case 3 -> switch (path.get(2)) {
                    case "history" -> history(call, path.get(1));
                    case "rollback" -> rollback(call, path.get(1));
                    default -> throw nothingAt(path);
                };
                case 4 -> {
                    if (!path.get(2).equals("versions")) {
                        throw nothingAt(path);
                    }
                    yield version(call, path.get(1), path.get(3));
                }
                default -> throw nothingAt(path);
            };
        } catch (UnknownPluginException e) {
            throw new HttpError(404, e.getMessage());
        } catch (PluginExistsException e) {
            throw new HttpError(409, e.getMessage());
        } catch (PluginException e) {
            throw new HttpError(400, e.getMessage());
        }
    }

    private static HttpError nothingAt(List<String> path) {
        return new HttpError(404, "nothing is served at /" + String.join("/", path));
    }

    private HttpAnswer all(HttpCall call) throws IOException, PluginException {
        return switch (call.method()) {
            case "GET" -> json(200, plugins.list());
            case "POST" -> json(201, received(call, call.parameter("beside").map(Boolean::parseBoolean).orElse(false)
                    ? plugins::installBeside : plugins::install));
            default -> throw new HttpError(405, "method " + call.method() + " is not served at /plugins; GET lists, POST installs");
        };
    }

    private HttpAnswer one(HttpCall call, String name) throws IOException, PluginException {
        return switch (call.method()) {
            case "GET" -> json(200, plugins.list().stream().filter(plugin -> plugin.name().equals(name) && plugin.current()).findFirst()
                    .orElseThrow(() -> new HttpError(404, "plugin " + name + " is not installed")));
            case "PUT" -> json(200, received(call, delivery -> plugins.update(name, delivery)));
            case "DELETE" -> {
                plugins.remove(name);
                yield HttpAnswer.empty(204);
            }
            default -> throw new HttpError(405, "method " + call.method() + " is not served at /plugins/" + name
                    + "; GET tells, PUT updates, DELETE removes");
        };
    }

    private HttpAnswer version(HttpCall call, String name, String version) throws IOException, PluginException {
        return switch (call.method()) {
            case "GET" -> json(200, plugins.list().stream().filter(plugin -> plugin.name().equals(name) && plugin.version().equals(version)).findFirst()
                    .orElseThrow(() -> new HttpError(404, "plugin " + name + " " + version + " is not installed")));
            case "DELETE" -> {
                plugins.remove(name, version);
                yield HttpAnswer.empty(204);
            }
            default -> throw new HttpError(405, "method " + call.method() + " is not served here; GET tells, DELETE removes the version");
        };
    }

    private HttpAnswer history(HttpCall call, String name) throws IOException, PluginException {
        require("GET", call);
        List<PluginChange> changes = plugins.history(name);
        if (changes.isEmpty() && plugins.list().stream().noneMatch(plugin -> plugin.name().equals(name))) {
            throw new HttpError(404, "plugin " + name + " was never installed");
        }
        ArrayNode list = JSON.createArrayNode();
        for (PluginChange change : changes) {
            list.addObject().put("version", change.version()).put("kind", change.kind().name()).put("at", change.at().toString())
                    .put("detail", change.detail()).put("kept", change.kept());
        }
        return json(200, list);
    }

    private HttpAnswer rollback(HttpCall call, String name) throws IOException, PluginException {
        require("POST", call);
        return json(200, plugins.rollback(name, call.parameter("version").orElse(null)));
    }

    /** Long poll: {@code ?after=} the last sequence known, {@code ?wait=} milliseconds to stay for news. */
    private HttpAnswer events(HttpCall call) throws IOException, InterruptedException {
        require("GET", call);
        long wait = Math.min(number(call, "wait"), LONGEST_WAIT_MS);
        ArrayNode list = JSON.createArrayNode();
        for (PluginEvent event : plugins.events(number(call, "after"), Duration.ofMillis(wait))) {
            list.addObject().put("sequence", event.sequence()).put("at", event.at().toString()).put("tag", event.tag()).put("plugin", event.plugin())
                    .put("version", event.version()).put("step", event.step().name()).put("detail", event.detail()).put("took_ms", event.tookMs());
        }
        return json(200, list);
    }

    private HttpAnswer leaks(HttpCall call) throws IOException, InterruptedException {
        return switch (call.method()) {
            case "GET" -> json(200, leaks.now());
            case "POST" -> json(200, leaks.collected(call.parameter("dump").map(Boolean::parseBoolean).orElse(false)));
            default -> throw new HttpError(405, "method " + call.method() + " is not served at /plugins/leaks; GET tells, POST collects garbage before");
        };
    }

    private static long number(HttpCall call, String parameter) {
        String text = call.parameter(parameter).orElse("0");
        try {
            return Math.max(0, Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new HttpError(400, "parameter " + parameter + "='" + text + "' is not a number");
        }
    }

    private static void require(String method, HttpCall call) {
        if (!call.method().equals(method)) {
            throw new HttpError(405, "method " + call.method() + " is not served at /" + String.join("/", call.path()) + "; it is " + method);
        }
    }

    private interface DeliveryUse {
        PluginInfo apply(Delivery delivery) throws PluginException;
    }

    private PluginInfo received(HttpCall call, DeliveryUse use) throws IOException, PluginException {
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
            return use.apply(new Delivery(file, call.parameter("sha256").orElse("").toLowerCase(Locale.ROOT), call.parameter("signature").orElse(""),
                    call.parameter("tag").orElse("")));
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }

    private static HttpAnswer json(int status, Object value) throws IOException {
        return HttpAnswer.json(status, JSON.writeValueAsBytes(value));
    }
}
