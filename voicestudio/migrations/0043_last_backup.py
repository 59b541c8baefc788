"""When the last backup was made, on any machine, and a verb for the start of a hold."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('voicestudio', '0042_hidden_columns'),
    ]

    operations = [
        migrations.AddField(
            model_name='studio',
            name='last_backup_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='verb',
            field=models.CharField(choices=[('signed_in', 'Signed in'), ('signed_out', 'Signed out'), ('sign_in_failed', 'Sign-in failed'), ('sign_in_locked', 'Sign-in locked'), ('person_invited', 'Person invited'), ('invitation_revoked', 'Invitation revoked'), ('invitation_accepted', 'Invitation accepted'), ('role_changed', 'Role changed'), ('person_added', 'Person added by OpenID'), ('openid_joined', 'OpenID account joined'), ('openid_disconnected', 'OpenID account disconnected'), ('person_deactivated', 'Person deactivated'), ('person_reactivated', 'Person reactivated'), ('password_link_made', 'Link for a new password made'), ('password_changed', 'Password changed'), ('address_changed', 'Mail address changed'), ('second_factor_changed', 'Second factor changed'), ('sessions_ended', 'Sessions ended'), ('project_created', 'Project created'), ('project_changed', 'Project changed'), ('project_archived', 'Project archived'), ('project_reopened', 'Project reopened'), ('budget_changed', 'Budget changed'), ('speaker_moved', 'Speaker moved to another project'), ('limit_raised', 'Limit raised'), ('setting_changed', 'Setting changed'), ('permission_confirmed', 'Permission confirmed'), ('clone_requested', 'Clone requested'), ('clone_retried', 'Clone started again'), ('clone_ready', 'Clone ready'), ('clone_failed', 'Clone failed'), ('clone_unknown', 'Clone: outcome unknown'), ('clone_checked', 'Clone checked with MiniMax'), ('clone_settled', 'Clone settled by hand'), ('clone_pinned', 'Clone pinned as best'), ('clone_unpinned', 'Clone unpinned'), ('clone_withdrawn', 'Clone withdrawn after a restore'), ('speech_requested', 'Speech requested'), ('speech_retried', 'Speech started again'), ('speech_ready', 'Speech ready'), ('speech_failed', 'Speech failed'), ('speech_unknown', 'Speech: outcome unknown'), ('speech_settled', 'Speech settled by hand'), ('speech_withdrawn', 'Speech withdrawn after a restore'), ('hold_started', 'Restored from a backup, and held'), ('hold_ended', 'Hold of the restored studio ended'), ('retention_changed', 'Retention rule changed'), ('retention_run', 'Deleted by retention'), ('bill_differed', 'Another number of characters billed'), ('voice_kept', 'Voice kept'), ('voice_missing', 'Voice no longer known to MiniMax'), ('voice_imported', 'Voice imported'), ('voice_rebuilt', 'Voice rebuilt'), ('voice_deleted', 'Voice deleted'), ('reminder_dismissed', 'Reminder dismissed'), ('notes_changed', 'Notes changed'), ('note_written', 'Note written'), ('note_deleted', 'Note deleted'), ('tags_changed', 'Tags changed'), ('speaker_added', 'Speaker added'), ('speaker_renamed', 'Speaker renamed'), ('speakers_merged', 'Speakers merged'), ('recording_added', 'Recording added'), ('recording_cut', 'Recording cut'), ('recording_cleaned', 'Clean copy made'), ('track_used', 'Another track used'), ('recording_renamed', 'Recording renamed'), ('recording_deleted', 'Recording deleted'), ('audio_deleted', 'Audio deleted'), ('upload_deleted', 'Upload deleted at MiniMax'), ('team_shown', 'Example team made'), ('team_removed', 'Example team removed'), ('look_started', 'Look as an example person started'), ('look_ended', 'Look as an example person ended'), ('downloaded', 'Downloaded'), ('exported', 'Exported')], max_length=24),
        ),
    ]
