package io.millrace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "plugin", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
        description = "List, install, update, roll back or remove plugins of the running platform; sign plugins.")
final class Plugins implements Runnable {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List plugins and their versions.")
    int list(@Mixin RestTarget target) throws IOException {
        Table table = new Table("NAME", "VERSION", "STATE", "DETAIL");
        if (target.rest().get("/plugins") instanceof List<?> plugins) {
            for (Object plugin : plugins) {
                Map<?, ?> fields = (Map<?, ?>) plugin;
                boolean beside = Boolean.FALSE.equals(fields.get("current"));
                table.row(fields.get("name"), fields.get("version"), fields.get("state") + (beside ? " (beside)" : ""), fields.get("detail"));
            }
        }
        table.print(System.out);
        return 0;
    }

    @Command(name = "install", mixinStandardHelpOptions = true, description = "Install a bundle or a Kafka Connect plugin.")
    int install(@Mixin RestTarget target, @Mixin PluginFile plugin,
            @Option(names = "--beside", description = "As one more version of its plugin, for connectors that ask for that version.") boolean beside)
            throws IOException {
        return handIn(target, plugin, "installed", "POST", "/plugins", beside ? "&beside=true" : "");
    }

    @Command(name = "update", mixinStandardHelpOptions = true, description = "Replace a plugin by another version of it while everything runs.")
    int update(@Mixin RestTarget target, @Parameters(index = "0", paramLabel = "NAME") String name, @Mixin PluginFile plugin) throws IOException {
        return handIn(target, plugin, "updated", "PUT", "/plugins/" + Rest.encode(name), "");
    }

    private static int handIn(RestTarget target, PluginFile plugin, String done, String method, String path, String more) throws IOException {
        Rest rest = target.rest();
        return plugin.fetched(System.err::println, (file, signature) -> {
            try (PluginProgress progress = new PluginProgress(rest, System.err)) {
                return tell(done, rest.send(method, path + "?filename=" + Rest.encode(file.getFileName().toString()) + "&sha256=" + PluginFile.sha256(file)
                        + "&tag=" + progress.tag() + (signature.isEmpty() ? "" : "&signature=" + Rest.encode(signature)) + more, file));
            }
        });
    }

    @Command(name = "rollback", mixinStandardHelpOptions = true, description = "Go back to the version before, or to one that is named, or bring a removed plugin back.")
    int rollback(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name,
            @Parameters(paramLabel = "VERSION", arity = "0..1") String version) throws IOException {
        return tell("rolled back", target.rest().send("POST", "/plugins/" + Rest.encode(name) + "/rollback"
                + (version == null ? "" : "?version=" + Rest.encode(version)), null));
    }

    @Command(name = "history", mixinStandardHelpOptions = true, description = "Tell what has happened to a plugin; KEPT versions can be rolled back to.")
    int history(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name) throws IOException {
        Table table = new Table("AT", "WHAT", "VERSION", "KEPT", "DETAIL");
        for (Object change : (List<?>) target.rest().get("/plugins/" + Rest.encode(name) + "/history")) {
            Map<?, ?> fields = (Map<?, ?>) change;
            table.row(fields.get("at"), fields.get("kind").toString().toLowerCase(Locale.ROOT).replace('_', ' '), fields.get("version"),
                    Boolean.TRUE.equals(fields.get("kept")) ? "yes" : "", fields.get("detail"));
        }
        table.print(System.out);
        return 0;
    }

    @Command(name = "events", mixinStandardHelpOptions = true, description = "Show the latest steps of operations, and with --follow those to come.")
    int events(@Mixin RestTarget target, @Option(names = {"-f", "--follow"}) boolean follow) throws IOException {
        Rest rest = target.rest();
        long last = 0;
        do {
            for (Object event : (List<?>) rest.get("/plugins/events?after=" + last + (follow ? "&wait=20000" : ""))) {
                Map<?, ?> fields = (Map<?, ?>) event;
                last = ((Number) fields.get("sequence")).longValue();
                System.out.println(fields.get("at") + " " + PluginProgress.line(fields));
            }
        } while (follow);
        return 0;
    }

    @Command(name = "leaks", mixinStandardHelpOptions = true,
            description = "Collect garbage and list the class loaders of removed plugins that are still in memory. Exit code 1 if there are any.")
    int leaks(@Mixin RestTarget target, @Option(names = "--heap-dump", description = "Write a heap dump into the data folder.") boolean dump)
            throws IOException {
        Map<?, ?> told = (Map<?, ?>) target.rest().send("POST", "/plugins/leaks" + (dump ? "?dump=true" : ""), null);
        List<?> unreclaimed = (List<?>) told.get("unreclaimed");
        Table table = new Table("PLUGIN", "VERSION", "GONE FOR", "LEFT BEHIND");
        for (Object loader : unreclaimed) {
            Map<?, ?> fields = (Map<?, ?>) loader;
            table.row(fields.get("plugin"), fields.get("version"), fields.get("age_ms") + " ms", fields.get("swept"));
        }
        if (!unreclaimed.isEmpty()) {
            table.print(System.out);
        }
        System.out.println(unreclaimed.size() + " of " + told.get("retired") + " class loaders of removed plugins are still in memory");
        if (told.get("heap_dump") != null) {
            System.out.println("heap dump in " + told.get("heap_dump"));
        }
        return unreclaimed.isEmpty() ? 0 : 1;
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Remove a plugin, or one version that is installed beside the current one.")
    int remove(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name,
            @Parameters(paramLabel = "VERSION", arity = "0..1") String version) throws IOException {
        target.rest().send("DELETE", "/plugins/" + Rest.encode(name) + (version == null ? "" : "/versions/" + Rest.encode(version)), null);
        System.out.println("removed " + name + (version == null ? "" : " " + version));
        return 0;
    }

    @Command(name = "new", mixinStandardHelpOptions = true, description = "Write a Maven project for a new plugin: code that works, a test, its packaging.")
    int create(@Parameters(paramLabel = "FOLDER", description = "To be made; its name is the plugin's, such as my-plugin.") Path folder,
            @Option(names = "--package", paramLabel = "PACKAGE", defaultValue = "org.example", description = "Java package (default: ${DEFAULT-VALUE}).")
            String javaPackage) throws IOException {
        String version = Version.class.getPackage().getImplementationVersion();
        new PluginTemplate(folder.toAbsolutePath().normalize().getFileName().toString(), javaPackage, version == null ? "0.1.0-SNAPSHOT" : version).write(folder);
        System.out.println("a plugin that works is in " + folder + "; go there, and with MILLRACE_HOME=" + Distribution.home() + " run mvn package");
        return 0;
    }

    @Command(name = "key", mixinStandardHelpOptions = true, description = "Make a key pair that signs plugins: NAME.key and NAME.pub.")
    int key(@Parameters(paramLabel = "NAME") Path base) throws IOException {
        String id = PluginKey.create(base.toAbsolutePath());
        System.out.println("key " + id + " is in " + base + ".key; those who trust it put " + base + ".pub into etc/plugin-keys");
        return 0;
    }

    @Command(name = "sign", mixinStandardHelpOptions = true, description = "Sign a plugin file.")
    int sign(@Parameters(paramLabel = "FILE") Path file, @Option(names = "--key", required = true, paramLabel = "NAME.key") Path key) throws IOException {
        System.out.println("signed in " + PluginKey.sign(file, key.toAbsolutePath()));
        return 0;
    }

    private static int tell(String done, Object plugin) {
        if (plugin instanceof Map<?, ?> fields) {
            System.out.println(done + " " + fields.get("name") + " " + fields.get("version") + ", " + fields.get("state"));
        } else {
            System.out.println(done);
        }
        return 0;
    }
}
