package io.millrace.cli;

import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** {@code bin/millrace}. */
@Command(name = "millrace", sortOptions = false, mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
        description = "Event streaming in one process: broker, connectors and stream jobs.",
        subcommands = {Start.class, Stop.class, Status.class, Plugins.class, Connectors.class, Demo.class, Version.class, HelpCommand.class})
public final class Main implements Runnable {

    private static final int WRONG_USAGE = 2;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(run(arguments));
    }

    static int run(String... arguments) {
        return tellingVersion(line(arguments))
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    line.getErr().println("millrace: " + (failure.getMessage() == null ? failure.toString() : failure.getMessage()));
                    return 1;
                })
                .setParameterExceptionHandler((wrong, parsed) -> {
                    CommandLine line = wrong.getCommandLine();
                    line.getErr().println("millrace: " + wrong.getMessage().replace('\n', ' ') + "; see " + line.getCommandSpec().qualifiedName() + " --help");
                    return WRONG_USAGE;
                })
                .execute(isDirect(arguments) ? Arrays.copyOfRange(arguments, 1, arguments.length) : arguments);
    }

    /** The two that start the platform are spared the others: looking at their annotations takes a tenth of a second. */
    private static CommandLine line(String... arguments) {
        if (!isDirect(arguments)) {
            return new CommandLine(new Main());
        }
        return new CommandLine(arguments[0].equals("start") ? new Start() : new Demo()).setCommandName("millrace " + arguments[0]);
    }

    /** {@code --version}, which picocli gives every command, is the same for all of them. */
    private static CommandLine tellingVersion(CommandLine line) {
        line.getCommandSpec().versionProvider(() -> new String[] {Version.text()});
        line.getSubcommands().values().forEach(Main::tellingVersion);
        return line;
    }

    private static boolean isDirect(String... arguments) {
        return arguments.length > 0 && (arguments[0].equals("start") || arguments[0].equals("demo"));
    }

    @Override
    public void run() {
        spec.commandLine().usage(System.out);
    }
}
