package io.millrace.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "plugin", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
        description = "List, install, update or remove plugins of the running platform.")
final class Plugins implements Runnable {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "List plugins.")
    int list(@Mixin RestTarget target) throws IOException {
        Table table = new Table("NAME", "VERSION", "STATE", "DETAIL");
        if (target.rest().get("/plugins") instanceof List<?> plugins) {
            for (Object plugin : plugins) {
                Map<?, ?> fields = (Map<?, ?>) plugin;
                table.row(fields.get("name"), fields.get("version"), fields.get("state"), fields.get("detail"));
            }
        }
        table.print(System.out);
        return 0;
    }

    @Command(name = "install", mixinStandardHelpOptions = true, description = "Install a bundle or a Kafka Connect plugin.")
    int install(@Mixin RestTarget target, @Mixin PluginFile plugin) throws IOException {
        Rest rest = target.rest();
        return plugin.fetched(System.err::println,
                file -> tell("installed", rest.send("POST", "/plugins?filename=" + name(file), file)));
    }

    @Command(name = "update", mixinStandardHelpOptions = true, description = "Replace a plugin by another version of it while everything runs.")
    int update(@Mixin RestTarget target, @Parameters(index = "0", paramLabel = "NAME") String name, @Mixin PluginFile plugin) throws IOException {
        Rest rest = target.rest();
        return plugin.fetched(System.err::println,
                file -> tell("updated", rest.send("PUT", "/plugins/" + Rest.encode(name) + "?filename=" + name(file), file)));
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Remove a plugin.")
    int remove(@Mixin RestTarget target, @Parameters(paramLabel = "NAME") String name) throws IOException {
        target.rest().send("DELETE", "/plugins/" + Rest.encode(name), null);
        System.out.println("removed " + name);
        return 0;
    }

    private static String name(Path file) {
        return Rest.encode(file.getFileName().toString());
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
