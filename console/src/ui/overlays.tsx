import { X } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import {
  Button as AriaButton,
  Dialog as AriaDialog,
  Heading,
  Menu,
  MenuItem,
  MenuTrigger,
  Modal,
  ModalOverlay,
  Popover,
  Separator,
} from "react-aria-components";
import { useTranslation } from "react-i18next";
import { asProblem, type Problem } from "../api/problem";
import { Button, Failed } from "./basics";

export function Dialog({
  title,
  close,
  children,
  footer,
  wide,
  role,
}: {
  title: string;
  close: () => void;
  children: ReactNode;
  footer?: ReactNode;
  wide?: boolean;
  role?: "alertdialog";
}) {
  const { t } = useTranslation();
  return (
    <ModalOverlay
      isOpen
      isDismissable={role !== "alertdialog"}
      onOpenChange={(open) => !open && close()}
      className="veil"
    >
      <Modal className={`dialog ${wide ? "wide" : ""}`}>
        <AriaDialog role={role ?? "dialog"}>
          <header>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <Button look="icon" small icon={X} aria-label={t("Close")} onClick={close} />
          </header>
          <div className="content">{children}</div>
          {footer && <footer>{footer}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export function Drawer({
  title,
  close,
  children,
}: {
  title: string;
  close: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => !open && close()} className="drawer-veil">
      <Modal className="drawer">
        <AriaDialog>
          <header>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <Button look="icon" small icon={X} aria-label={t("Close")} onClick={close} />
          </header>
          <div className="content" tabIndex={-1}>
            {children}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** A form in a dialog: Enter sends, Esc leaves; a refusal stands at its field or above the buttons. */
export function FormDialog({
  title,
  close,
  submit,
  action,
  danger,
  wide,
  children,
  blocked,
}: {
  title: string;
  close: () => void;
  submit: () => Promise<unknown>;
  action: string;
  danger?: boolean;
  wide?: boolean;
  blocked?: string | undefined;
  children: (problem: Problem | null) => ReactNode;
}) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [shownAtField, setShown] = useState(false);

  async function send(event: FormEvent) {
    event.preventDefault();
    if (busy || blocked) return;
    setBusy(true);
    setProblem(null);
    try {
      await submit();
      close();
    } catch (error) {
      const found = asProblem(error);
      setProblem(found);
      setShown(false);
      requestAnimationFrame(() => setShown(Boolean(document.querySelector('.dialog [aria-invalid="true"]'))));
    } finally {
      setBusy(false);
    }
  }
  return (
    <ModalOverlay isOpen isDismissable onOpenChange={(open) => !open && close()} className="veil">
      <Modal className={`dialog ${wide ? "wide" : ""}`}>
        <AriaDialog>
          <form onSubmit={send} noValidate={false}>
            <header>
              <Heading slot="title" level={2}>
                {title}
              </Heading>
              <Button look="icon" small icon={X} aria-label={t("Close")} onClick={close} />
            </header>
            <div className="content">
              {children(problem)}
              {problem && !shownAtField && <Failed error={problem} />}
            </div>
            <footer>
              <Button onClick={close}>{t("Cancel")}</Button>
              <Button type="submit" look={danger ? "danger" : "primary"} busy={busy} reason={blocked}>
                {action}
              </Button>
            </footer>
          </form>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface Item {
  id: string;
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  /** Why it cannot be chosen. */
  reason?: string | undefined;
  separated?: boolean;
  act: () => void;
}

export function ActionMenu({
  label,
  items,
  children,
  icon,
}: {
  label: string;
  items: Item[];
  children?: ReactNode;
  icon?: boolean;
}) {
  return (
    <MenuTrigger>
      <AriaButton className={icon ? "btn icon" : "btn"} aria-label={icon ? label : undefined}>
        {children ?? label}
      </AriaButton>
      <Popover placement="bottom end" className="menu-pop">
        <Menu
          className="menu"
          aria-label={label}
          disabledKeys={items.filter((one) => one.reason).map((one) => one.id)}
        >
          {items.flatMap((one) => [
            one.separated ? <Separator key={`${one.id}-line`} /> : null,
            <MenuItem
              key={one.id}
              id={one.id}
              textValue={one.label}
              onAction={one.act}
              className={one.danger ? "danger" : ""}
            >
              {one.icon}
              <span>
                {one.label}
                {one.reason && <small>{one.reason}</small>}
              </span>
            </MenuItem>,
          ])}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

export function Confirm({
  title,
  children,
  action,
  danger,
  close,
  act,
}: {
  title: string;
  children: ReactNode;
  action: string;
  danger?: boolean;
  close: () => void;
  act: () => Promise<unknown>;
}) {
  return (
    <FormDialog title={title} close={close} submit={act} action={action} danger={danger ?? false}>
      {() => <div className="stack tight">{children}</div>}
    </FormDialog>
  );
}
