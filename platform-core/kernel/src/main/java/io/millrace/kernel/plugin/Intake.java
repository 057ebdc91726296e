package io.millrace.kernel.plugin;

import io.millrace.api.plugin.Delivery;
import io.millrace.api.plugin.PluginEvent.Step;
import io.millrace.api.plugin.PluginException;
import io.millrace.kernel.archive.Limits;
import io.millrace.kernel.archive.PluginArchive;
import io.millrace.kernel.plugin.StoredPlugin.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.osgi.framework.BundleContext;

/** Takes plugin files in: checks them and what vouches for them, and makes each one bundle in a work folder. Nothing of them runs here. */
final class Intake {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    private final BundleContext context;
    private final BundleStage stage;
    private final Limits limits;
    private final Signatures signatures;

    Intake(BundleContext context, BundleStage stage, Limits limits, Signatures signatures) {
        this.context = context;
        this.stage = stage;
        this.limits = limits;
        this.signatures = signatures;
    }

    /** What the plugin in the file is called, read without more work than needed. */
    String nameOf(Path file) throws PluginException {
        if (!Files.exists(file)) {
            throw new PluginException("there is no file " + file + "; name a bundle, a jar, or a zip, tar.gz or folder of jars");
        }
        try {
            String name = new PluginArchive(file, file.getFileName().toString(), limits).name();
            requireGoodName(name, file);
            return name;
        } catch (IOException e) {
            throw new PluginException(e.getMessage(), e);
        }
    }

    /** @param name what a plain plugin is to be called, or null to name it after its file */
    StagedPlugin stage(Delivery delivery, String name, Origin origin, Path work, Operation operation) throws IOException, PluginException {
        Path file = delivery.file();
        String what = "plugin file " + file.getFileName();
        String source = StagedPlugin.sha256(file);
        if (!delivery.sha256().isEmpty() && !delivery.sha256().equals(source)) {
            throw new PluginException(what + " has SHA-256 " + source + ", expected " + delivery.sha256()
                    + "; it was changed or cut on its way, send it again");
        }
        if (origin != Origin.SHIPPED) {
            Signatures.Verdict verdict = signatures.judge(what, source, delivery.signature());
            if (!verdict.warning().isEmpty()) {
                operation.step(Step.WARNING, verdict.warning());
            }
            operation.step(Step.VERIFIED, verdict.text());
        }
        StagedPlugin staged = StagedPlugin.of(file, name, source, origin, delivery.signature(), work, limits, SharedPackages.of(context, stage.kafka()));
        requireGoodName(staged.plugin().name(), file);
        operation.about(staged.plugin().name(), staged.plugin().version());
        operation.step(Step.STAGED);
        return staged;
    }

    static void requireGoodName(String name, Path file) throws PluginException {
        if (!NAME.matcher(name).matches()) {
            throw new PluginException("the plugin in " + file.getFileName() + " calls itself '" + name
                    + "'; a name is up to 128 letters, digits, '.', '_' and '-'");
        }
    }
}
